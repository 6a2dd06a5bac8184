"""Writes changes to the state file: many in one transaction, and in a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue
from typing import Any, Final

from airflow_batch_provider.local.api.request import Request
from airflow_batch_provider.local.clock import Clock
from airflow_batch_provider.local.lifecycle.effects import Transition
from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.state.file import EMPTIED, StateFile, Statement
from airflow_batch_provider.local.state.region_record import RegionRecord
from airflow_batch_provider.local.state.revival import revive

log = logging.getLogger(__name__)

DELAY_SECONDS: Final = 0.1
"""How far the file may lag behind what no client has been told."""

MANY: Final = 500
"""Changes that are written without waiting for more."""

READERS: Final = ("Describe", "List", "Get")
OFFSET: Final = "offset_ms"
FACT: Final = "insert or replace into facts values (?, ?)"

Work = tuple[list[Iterator[Statement]], "asyncio.Future[None] | None"]


class Journal:
    """
    Keeps the state file up to date.

    What a client has been answered is in the file (:meth:`saved`); what happens to jobs afterwards
    follows within a tenth of a second.
    """

    def __init__(self, file: StateFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._records: dict[str, RegionRecord] = {}
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._timer: asyncio.TimerHandle | None = None
        self._owed: asyncio.Future[None] | None = None
        self._offset_ms: int | None = None
        self._is_open = False
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._thread.start()

    def record_of(self, region: Region) -> RegionRecord:
        name = region.place.region
        if name not in self._records:
            self._records[name] = RegionRecord(region)
        return self._records[name]

    def revive(self, region_of: Callable[[str], Region]) -> list[str]:
        """
        Bring back what the file holds, and return the names of the Regions.

        :raises StartError: if the file is damaged.
        """
        for name, value in self._file.read("select name, value from facts"):
            if name == OFFSET:
                self._offset_ms = int(value)
                self._clock.move_forward(self._offset_ms)
        names = revive(self._file, lambda name: self.record_of(region_of(name)), self._clock.now())
        self._is_open = True
        return names

    # What is to be written.

    def observe(self, region: Region, transition: Transition) -> None:
        """Note that a job's status has changed."""
        record = self.record_of(region)
        record.note(transition.job)
        if record.size == MANY:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(DELAY_SECONDS, self._flush)

    def executed(self, operation: str, request: Request, result: Mapping[str, Any]) -> None:
        """Note what an operation may have changed; the answer waits for the file."""
        if operation.startswith(READERS):
            return
        record = self.record_of(request.region)
        for job in _jobs_in(request, result):
            record.note(job)
        if self._owed is None:
            loop = asyncio.get_running_loop()
            self._owed = loop.create_future()
            loop.call_soon(self._flush)

    async def saved(self) -> None:
        """Wait until all that has been executed is in the file."""
        if self._owed is not None:
            await asyncio.shield(self._owed)

    def clear(self) -> None:
        """Empty the file."""
        self._records.clear()
        self._offset_ms = None
        self._work.put(([iter([(f"delete from {table}", [()]) for table in EMPTIED])], None))

    def close(self) -> None:
        """Write what is left, and let go of the file. One that could not be read is left as it is."""
        if self._is_open:
            self._flush()
        self._work.put(None)
        self._thread.join()
        self._file.close()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batches = [record.collect(self._clock.now()) for record in self._records.values()]
        if self._clock.offset_ms != self._offset_ms:
            self._offset_ms = self._clock.offset_ms
            batches.append(iter([(FACT, [(OFFSET, str(self._offset_ms))])]))
        owed, self._owed = self._owed, None
        self._work.put((batches, owed))

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            batches, owed = work
            try:
                self._file.write(statement for batch in batches for statement in batch)
            except Exception:
                log.exception("the state file has not been written")
            if owed is not None:
                _settle(owed)


def _settle(owed: asyncio.Future[None]) -> None:
    loop = owed.get_loop()

    def settle() -> None:
        if not owed.done():
            owed.set_result(None)

    call: Callable[..., Any] = loop.call_soon_threadsafe
    if not loop.is_closed():
        call(settle)


def _jobs_in(request: Request, result: Mapping[str, Any]) -> Iterator[Job]:
    """Yield the jobs that a request creates, ends or tags, children included."""
    params = request.params
    arn = params.get("resourceArn", "")
    named = (result.get("jobId"), params.get("jobId"), *params.get("jobs", ()), arn.rpartition(":job/")[2])
    for job_id in filter(None, named):
        job = request.region.find_job(job_id)
        if job is not None:
            yield job
            yield from job.children or ()
