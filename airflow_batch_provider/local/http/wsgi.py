"""Runs a WSGI application for aiohttp's requests, each in a thread."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final
from urllib.parse import unquote_to_bytes

from aiohttp import web

SPOOL_BYTES: Final = 8 * 1024 * 1024
WITHOUT_PREFIX: Final = {"CONTENT_TYPE", "CONTENT_LENGTH"}

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(slots=True)
class _WsgiResponse:
    """The application's response as received so far."""

    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = headers
        return self._write

    def _write(self, data: bytes) -> None:
        self.body += data


class WsgiBridge:
    """
    Handles aiohttp's requests with a WSGI application.

    Every request gets a daemon thread, so that a long poll blocks neither other requests nor shutdown.

    :param amend: adds to the environ what the application expects beyond WSGI.
    """

    def __init__(
        self,
        application: Callable[[], Application],
        amend: Callable[[Environ, Iterable[tuple[str, str]]], None],
    ) -> None:
        self._application = application
        self._amend = amend

    async def handle(self, request: web.Request) -> web.StreamResponse:
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as body:
            length = 0
            async for chunk in request.content.iter_any():
                length += len(chunk)
                body.write(chunk)
            body.seek(0)
            environ = _environ(request, body, length)
            self._amend(environ, _headers(request))
            answered = await _in_daemon_thread(lambda: self._run(environ))
        response = web.Response(status=answered.status, body=answered.body)
        for name, value in answered.headers:
            if name.lower() in ("content-type", "content-length", "date", "server"):
                response.headers[name] = value
            # Not hop-by-hop headers, which belong to one connection
            # (https://peps.python.org/pep-3333/#other-http-features).
            elif name.lower() not in ("connection", "transfer-encoding"):
                response.headers.add(name, value)
        return response

    def _run(self, environ: Environ) -> _WsgiResponse:
        response = _WsgiResponse()
        parts = self._application()(environ, response.start)
        try:
            response.body += b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return response


async def _in_daemon_thread(work: Callable[[], _WsgiResponse]) -> _WsgiResponse:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_WsgiResponse] = loop.create_future()

    def settle(result: _WsgiResponse | None, error: BaseException | None) -> None:
        if future.done():
            return
        if result is not None:
            future.set_result(result)
        elif error is not None:
            future.set_exception(error)

    def run() -> None:
        result: _WsgiResponse | None = None
        failure: BaseException | None = None
        try:
            result = work()
        except BaseException as error:
            failure = error
        if not loop.is_closed():
            # Futures are not thread-safe.
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="moto", daemon=True).start()
    return await future


def _headers(request: web.Request) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]


def _environ(request: web.Request, body: IO[bytes], length: int) -> Environ:
    raw_path, _, query = request.raw_path.partition("?")
    peer = request.remote or "127.0.0.1"
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI's strings carry bytes as Latin-1: https://peps.python.org/pep-3333/#unicode-issues
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.raw_path,
        "REQUEST_URI": request.raw_path,
        "SERVER_NAME": request.host.partition(":")[0],
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update(_header_variables(_headers(request)))
    # The body has been read completely, so its length is known.
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(length)
    return environ


def _header_variables(headers: list[tuple[str, str]]) -> Mapping[str, str]:
    """
    Return the headers as WSGI variables.

    ``X-A`` and ``X_A`` map to the same variable; the header with hyphens wins.
    """
    variables: dict[str, str] = {}
    for name, value in sorted(headers, key=lambda header: "_" in header[0]):
        key = name.upper().replace("-", "_")
        key = key if key in WITHOUT_PREFIX else f"HTTP_{key}"
        if key not in variables:
            variables[key] = value
        elif "_" not in name:
            variables[key] += f",{value}"
    return variables
