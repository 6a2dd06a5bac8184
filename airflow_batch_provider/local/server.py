"""Starts and stops the local Batch: as a program, or inside a test."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from airflow_batch_provider.local.api.open_questions import read_answers
from airflow_batch_provider.local.api.request import Rules
from airflow_batch_provider.local.batch_api import BatchApi
from airflow_batch_provider.local.control import Control
from airflow_batch_provider.local.garbage import collect_when_idle
from airflow_batch_provider.local.gateway import Gateway
from airflow_batch_provider.local.moto_services import open_neighbours
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.service import Service
from airflow_batch_provider.local.service_model import load_service_model

log = logging.getLogger(__name__)

START_SECONDS: Final = 300.0
"""A state file of a million jobs takes a while to read."""

STOP_SECONDS: Final = 10.0
BACKLOG: Final = 1024
LOOPBACK_OF: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where jobs find a server that listens on every address."""
SHUTDOWN_SECONDS: Final = 0.2
"""How long open requests may go on when the server stops."""


def serve(options: Options) -> None:
    """
    Run until SIGTERM or SIGINT; then kill all jobs and leave nothing behind.

    Raises :class:`StartError` if something that the options ask for is missing.
    Prints ``listening on http://HOST:PORT`` on stdout when requests are answered; logs to stderr.
    """
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("botocore", "werkzeug", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if options.runner == "process":
        log.warning("This server executes the commands of jobs on this machine, as its own user.")
    asyncio.run(_serve(options))


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(options) as url:
        collecting = asyncio.create_task(collect_when_idle())
        print(f"listening on {url}", flush=True)
        await stop.wait()
        log.info("stopping")
        collecting.cancel()
    gc.freeze()  # The process ends: to look through a million jobs for garbage would take half a minute.


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[str]:
    """
    Run the server in this event loop; the value is its URL.

    :raises OSError: if the address is taken or not ours.
    """
    neighbours = open_neighbours(options.account_id)
    with _listen(options) as listener:
        url = _url(options.host, listener.getsockname()[1])
        service = Service(
            options, _url(LOOPBACK_OF.get(options.host, options.host), listener.getsockname()[1])
        )
        gateway = Gateway(
            service,
            BatchApi(
                load_service_model(),
                Rules(options.min_timeout_seconds, read_answers(options.open_questions)),
                service.executed,
            ),
            neighbours,
            Control(service, is_open=options.control),
        )
        runner = _http_runner(gateway)
        try:
            await service.open()
            await runner.setup()
            await web.SockSite(runner, listener).start()
            yield url
        finally:
            await service.close()
            await runner.cleanup()


def _listen(options: Options) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    return socket.create_server((options.host, options.port), family=family, backlog=BACKLOG)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _http_runner(gateway: Gateway) -> web.AppRunner:
    application = web.Application(client_max_size=0)
    application.router.add_route("*", "/{path:.*}", gateway.handle)
    return web.AppRunner(
        application, access_log=None, auto_decompress=False, shutdown_timeout=SHUTDOWN_SECONDS
    )


class LocalBatch:
    """
    A local Batch in a thread of this process, for tests.

    ::

        with LocalBatch.start(Options(runner="script")) as local:
            boto3.client("batch", endpoint_url=local.url, ...)

    :ivar url: where it listens.
    """

    def __init__(self, options: Options) -> None:
        self.url = ""
        self._options = options
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._stop: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="local-batch", daemon=True)

    @classmethod
    def start(cls, options: Options | None = None) -> Self:
        """
        Start a server and wait until it answers.

        :raises RuntimeError: if it does not.
        """
        local = cls(options or Options())
        local._thread.start()
        if not local._ready.wait(START_SECONDS) or local._failure is not None:
            raise RuntimeError(f"the local Batch did not start: {local._failure}") from local._failure
        return local

    def stop(self) -> None:
        """Kill all jobs, close the server and wait until it is gone."""
        self._stop()
        self._thread.join(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def request_stop() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop.set)

        self._stop = request_stop
        async with running(self._options) as url:
            self.url = url
            self._ready.set()
            await stop.wait()
