"""Who waits for whom: whole jobs, children one by one (``N_TO_N``), children in turn (``SEQUENTIAL``)."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus


class Dependencies:
    """
    The waiting jobs behind every unfinished job.

    Children are not registered one by one: the counterpart of child *i* is child *i* of the array
    jobs behind its parent, and its successor is child *i + 1*.
    """

    def __init__(self) -> None:
        self._waiting: dict[Job, list[Job]] = {}
        self._pipelined: dict[Job, list[Job]] = {}

    def register(self, job: Job) -> bool:
        """Count and register what ``job`` waits for as a whole; tell whether any of it has failed."""
        if any(target.status is JobStatus.FAILED for target in job.waits_for):
            return False
        outstanding = [target for target in job.waits_for if not target.status.is_final]
        job.unmet = len(outstanding)
        for target in outstanding:
            self._waiting.setdefault(target, []).append(job)
        return True

    def register_children(self, array: Job) -> None:
        """Let the children of ``array`` hear of the end of their counterparts."""
        for target in array.pipelined_on:
            if not target.status.is_final:
                self._pipelined.setdefault(target, []).append(array)

    def count_for_child(self, child: Job) -> bool:
        """Count what a unadmitted child waits for; tell whether any of it has failed."""
        if child.parent is None or child.index is None:
            raise ValueError(f"job {child.job_id} is no child of an array job")
        targets = [_counterpart(array, child.index) for array in child.parent.pipelined_on]
        if child.parent.spec.is_sequential and child.index > 0:
            targets.append(_counterpart(child.parent, child.index - 1))
        if JobStatus.FAILED in targets:
            return False
        child.unmet = sum(not status.is_final for status in targets)
        return True

    def waiting_on(self, finished: Job) -> Iterator[Job]:
        """Yield whoever waits for a job that has just ended, each once, and forget it."""
        yield from self._waiting.pop(finished, ())
        if finished.parent is not None and finished.index is not None:
            yield from self._behind_child(finished.parent, finished.index)
        if finished.is_array:
            arrays = self._pipelined.pop(finished, [])
            if finished.children is None:
                for array in arrays:
                    yield from (array.children or ())[: finished.spec.array_size]

    def _behind_child(self, array: Job, index: int) -> Iterator[Job]:
        if array.spec.is_sequential and array.children and index + 1 < len(array.children):
            yield array.children[index + 1]
        for follower in self._pipelined.get(array, ()):
            if follower.children and index < len(follower.children):
                yield follower.children[index]


def _counterpart(array: Job, index: int) -> JobStatus:
    """
    Return the status of child ``index``; an array job without children yet speaks for all of them.

    A child that a smaller array never has is nothing to wait for.
    """
    if array.spec.array_size is not None and index >= array.spec.array_size:
        return JobStatus.SUCCEEDED
    return array.children[index].status if array.children else array.status
