"""Sorted indexes of a queue's jobs, so that listing costs no more than the page it returns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

AFTER_EVERY_NAME = "\U0010ffff"


class JobIndex:
    """
    The jobs and array jobs of one queue, without children, by age, by status and by name.

    A position in a listing is a job's sequence number. Positions stay valid when jobs are added or removed,
    so a page starts exactly after the previous one. Listings are newest first unless stated otherwise.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._all: list[int] = []
        self._by_status: dict[JobStatus, list[int]] = {status: [] for status in JobStatus}
        self._by_name: list[tuple[str, int]] = []

    def add(self, job: Job) -> None:
        self._jobs[job.sequence] = job
        insort(self._all, job.sequence)
        insort(self._by_status[job.status], job.sequence)
        insort(self._by_name, name_position(job))

    def update_status(self, job: Job, old: JobStatus) -> None:
        """Index a job by its new status."""
        _discard(self._by_status[old], job.sequence)
        insort(self._by_status[job.status], job.sequence)

    def remove(self, job: Job) -> None:
        del self._jobs[job.sequence]
        _discard(self._all, job.sequence)
        _discard(self._by_status[job.status], job.sequence)
        position = bisect_left(self._by_name, name_position(job))
        del self._by_name[position]

    @property
    def has_unfinished(self) -> bool:
        return any(sequences for status, sequences in self._by_status.items() if not status.is_final)

    def unfinished(self) -> list[Job]:
        """Return the jobs that have not ended, oldest first."""
        sequences = sorted(
            sequence for status in JobStatus if not status.is_final for sequence in self._by_status[status]
        )
        return [self._jobs[sequence] for sequence in sequences]

    def with_status(self, status: JobStatus, before: int | None) -> Iterator[Job]:
        return self._newest_first(self._by_status[status], before)

    def oldest_with_status(self, status: JobStatus, after: int | None) -> Iterator[Job]:
        sequences = self._by_status[status]
        start = 0 if after is None else bisect_right(sequences, after)
        for position in range(start, len(sequences)):
            yield self._jobs[sequences[position]]

    def newest_first(self, before: int | None) -> Iterator[Job]:
        return self._newest_first(self._all, before)

    def named(self, pattern: str, after: tuple[str, int] | None) -> Iterator[Job]:
        """Yield jobs by name, grouped by name, ignoring case. A trailing ``*`` makes the name a prefix."""
        name = pattern.lower().removesuffix("*")
        last = name + AFTER_EVERY_NAME if pattern.endswith("*") else name
        # The second element is a negative sequence number, which sorts the newest job of a name first.
        start = bisect_left(self._by_name, (name, -(1 << 63)))
        if after is not None:
            start = max(start, bisect_right(self._by_name, after))
        for position in range(start, len(self._by_name)):
            key, negative = self._by_name[position]
            if key > last:
                return
            yield self._jobs[-negative]

    def _newest_first(self, sequences: list[int], before: int | None) -> Iterator[Job]:
        end = len(sequences) if before is None else bisect_left(sequences, before)
        for position in range(end - 1, -1, -1):
            yield self._jobs[sequences[position]]


def matches_name(name: str, pattern: str) -> bool:
    """Return whether a name equals the pattern or, if that ends in ``*``, starts with it, ignoring case."""
    if pattern.endswith("*"):
        return name.lower().startswith(pattern[:-1].lower())
    return name.lower() == pattern.lower()


def name_position(job: Job) -> tuple[str, int]:
    """Return the position of a job in a listing by name."""
    return job.spec.job_name.lower(), -job.sequence


def _discard(sequences: list[int], sequence: int) -> None:
    del sequences[bisect_left(sequences, sequence)]
