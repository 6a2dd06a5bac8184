"""The HTTP endpoint: the service and its handlers, listening on a socket."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from airflow_batch_provider.local.api.open_questions import read_answers
from airflow_batch_provider.local.api.request import ApiSettings
from airflow_batch_provider.local.http.batch_api import BatchApi
from airflow_batch_provider.local.http.control import Control
from airflow_batch_provider.local.http.gateway import Gateway
from airflow_batch_provider.local.http.moto_services import create_moto_bridge
from airflow_batch_provider.local.service import Service
from airflow_batch_provider.local.service_model import load_service_model
from airflow_batch_provider.local.start_error import StartError

if TYPE_CHECKING:
    from airflow_batch_provider.local.options import Options

LISTEN_BACKLOG: Final = 1024
LOOPBACK_OF: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""The address at which jobs reach a server that listens on every address."""

SHUTDOWN_SECONDS: Final = 0.2
"""How long open requests may take to finish when the server stops."""


@asynccontextmanager
async def running_endpoint(options: Options) -> AsyncIterator[str]:
    """
    Run the server in this event loop and yield its URL.

        :raises StartError: if the address is in use or does not belong to this machine.
    """
    moto_services = create_moto_bridge(options.account_id)
    with _listen(options) as listener:
        port = listener.getsockname()[1]
        service = Service(options, _url(LOOPBACK_OF.get(options.host, options.host), port))
        settings = ApiSettings(options.min_timeout_seconds, read_answers(options.open_questions))
        batch = BatchApi(load_service_model(), settings, service.save_changes)
        gateway = Gateway(service, batch, moto_services, Control(service, is_open=options.control))
        runner = _http_runner(gateway)
        try:
            await service.open()
            await runner.setup()
            await web.SockSite(runner, listener).start()
            yield _url(options.host, port)
        finally:
            await service.close()
            await runner.cleanup()


def _listen(options: Options) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=LISTEN_BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StartError(
            f"cannot listen on {options.host}:{options.port}: {reason}. Check --host, or choose another port "
            "(--port 0 picks a free one)"
        ) from error


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _http_runner(gateway: Gateway) -> web.AppRunner:
    application = web.Application(client_max_size=0)
    application.router.add_route("*", "/{path:.*}", gateway.handle)
    return web.AppRunner(
        application, access_log=None, auto_decompress=False, shutdown_timeout=SHUTDOWN_SECONDS
    )
