"""Writes changes to the state file: in a thread, and many changes per transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.state.file import CLEARED_TABLES, StateFile, Statement
from airflow_batch_provider.local.state.region_changes import RegionChanges
from airflow_batch_provider.local.state.restoration import restore_regions

if TYPE_CHECKING:
    from airflow_batch_provider.local.clock import Clock
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.lifecycle.messages import Transition
    from airflow_batch_provider.local.region import Region

log = logging.getLogger(__name__)

DELAY_SECONDS: Final = 0.1
"""Maximum delay before unacknowledged changes are written."""

FLUSH_SIZE: Final = 500
"""The number of changes of a Region that are written without delay."""

OFFSET: Final = "offset_ms"
FACT: Final = "insert or replace into facts values (?, ?)"

Work = tuple[list[Iterator[Statement]], "asyncio.Future[None] | None"]
"""The statements of one transaction, and the future to complete when it is committed."""


class Journal:
    """
    Keeps the state file up to date.

    The changes of an operation are in the file before its response is sent (:meth:`wait_until_saved`).
    Later changes of jobs follow within a tenth of a second.
    """

    def __init__(self, file: StateFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._changes: dict[str, RegionChanges] = {}
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._timer: asyncio.TimerHandle | None = None
        self._saved: asyncio.Future[None] | None = None
        self._offset_ms: int | None = None
        self._is_restored = False
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._thread.start()

    def restore(self, region_of: Callable[[str], Region]) -> list[str]:
        """
        Restore the Regions from the file, and return their names.

        :raises StartError: if the file is damaged.
        """
        for name, value in self._file.read("select name, value from facts"):
            if name == OFFSET:
                self._offset_ms = int(value)
                self._clock.advance(self._offset_ms)
        # After the clock: deadlines and expiry depend on it.
        names = restore_regions(self._file, lambda name: self._changes_of(region_of(name)), self._clock.now())
        self._is_restored = True
        return names

    def on_transition(self, region: Region, transition: Transition) -> None:
        """Record that a job's status has changed."""
        changes = self._changes_of(region)
        changes.add(transition.job)
        if changes.size == FLUSH_SIZE:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(DELAY_SECONDS, self._flush)

    def save_changes(self, region: Region, jobs: Iterable[Job]) -> None:
        """Schedule an operation's changes to be written: resources, these jobs and their children."""
        changes = self._changes_of(region)
        for job in jobs:
            changes.add(job)
            for child in job.children or ():
                changes.add(child)
        if self._saved is None:
            loop = asyncio.get_running_loop()
            self._saved = loop.create_future()
            # In the next turn of the event loop, so that the operations of this turn share a transaction.
            loop.call_soon(self._flush)

    async def wait_until_saved(self) -> None:
        """Wait until the changes of all operations are in the file."""
        if self._saved is not None:
            # Several requests wait for the same future: a client
            # that disconnects must not cancel it for the others.
            await asyncio.shield(self._saved)

    def clear(self) -> None:
        """Empty the file."""
        self._changes.clear()
        self._offset_ms = None
        self._work.put(([iter([(f"delete from {table}", [()]) for table in CLEARED_TABLES])], None))

    def close(self) -> None:
        """Write the remaining changes and close the file. A file that was not restored is not changed."""
        if self._is_restored:
            self._flush()
        self._work.put(None)
        self._thread.join()
        self._file.close()

    def _changes_of(self, region: Region) -> RegionChanges:
        name = region.location.region
        if name not in self._changes:
            self._changes[name] = RegionChanges(region)
        return self._changes[name]

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batches = [changes.collect(self._clock.now()) for changes in self._changes.values()]
        if self._clock.offset_ms != self._offset_ms:
            self._offset_ms = self._clock.offset_ms
            batches.append(iter([(FACT, [(OFFSET, str(self._offset_ms))])]))
        saved, self._saved = self._saved, None
        self._work.put((batches, saved))

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            batches, saved = work
            try:
                self._file.write(statement for batch in batches for statement in batch)
            except Exception:
                log.exception("writing the state file failed")
            if saved is not None:
                _complete(saved)


def _complete(saved: asyncio.Future[None]) -> None:
    """Complete a future from the writer's thread."""
    loop = saved.get_loop()

    def complete() -> None:
        if not saved.done():
            saved.set_result(None)

    call: Callable[..., Any] = loop.call_soon_threadsafe
    if not loop.is_closed():
        call(complete)
