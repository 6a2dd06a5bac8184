"""Runs the local Batch: as a program, or in a thread of a test process."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from airflow_batch_provider.local.garbage_collection import collect_when_idle
from airflow_batch_provider.local.http.endpoint import running_endpoint
from airflow_batch_provider.local.options import Options

log = logging.getLogger(__name__)

START_SECONDS: Final = 300.0
"""Reading a state file of a million jobs takes about a minute."""

STOP_SECONDS: Final = 10.0


def serve(options: Options) -> None:
    """
    Run until SIGTERM or SIGINT, then kill all jobs and clean up.

    Print ``listening on http://HOST:PORT`` to stdout when the server accepts requests; log to stderr.

    :raises StartError: if something that the options require is missing or unusable.
    """
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("botocore", "werkzeug", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if options.runner == "process":
        log.warning("This server runs the commands of jobs on this machine, as its own user.")
    asyncio.run(_serve(options))


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running_endpoint(options) as url:
        collecting = asyncio.create_task(collect_when_idle())
        print(f"listening on {url}", flush=True)
        await stop.wait()
        log.info("stopping")
        collecting.cancel()
    # The process is about to end: a final garbage collection of a million jobs would take half a minute.
    gc.freeze()


class LocalBatch:
    """
    A local Batch in a thread of this process, for tests.

    ::

        with LocalBatch.start(Options(runner="script")) as local:
            boto3.client("batch", endpoint_url=local.url, ...)

    :ivar url: the URL of the server.
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
        Start a server and wait until it accepts requests.

        :raises RuntimeError: if it does not start.
        """
        local = cls(options or Options())
        local._thread.start()
        if not local._ready.wait(START_SECONDS) or local._failure is not None:
            raise RuntimeError(f"the local Batch did not start: {local._failure}") from local._failure
        return local

    def stop(self) -> None:
        """Kill all jobs, stop the server and wait until its thread has ended."""
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
        async with running_endpoint(self._options) as url:
            self.url = url
            self._ready.set()
            await stop.wait()
