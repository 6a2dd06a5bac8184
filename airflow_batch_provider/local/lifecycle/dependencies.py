"""Dependencies between whole jobs, child by child (``N_TO_N``) and inside an array (``SEQUENTIAL``)."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus


class Dependencies:
    """
    The dependents of every unfinished job.

    Children are not registered individually: the counterparts of child *i* are children *i* of the array jobs
    that depend on its parent, and its successor in a SEQUENTIAL array is child *i + 1*.
    """

    def __init__(self) -> None:
        self._waiting: dict[Job, list[Job]] = {}
        self._n_to_n: dict[Job, list[Job]] = {}

    def register(self, job: Job) -> bool:
        """
        Count and register the jobs that ``job`` waits for as a whole.

        :return: whether the dependencies can still be met, because none has failed.
        """
        if any(target.status is JobStatus.FAILED for target in job.waits_for):
            return False
        outstanding = [target for target in job.waits_for if not target.status.is_final]
        job.outstanding = len(outstanding)
        for target in outstanding:
            self._waiting.setdefault(target, []).append(job)
        return True

    def register_children(self, array: Job) -> None:
        """Register the children of ``array`` as dependents of their counterparts."""
        for target in array.n_to_n_dependencies:
            if not target.status.is_final:
                self._n_to_n.setdefault(target, []).append(array)

    def count_for_child(self, child: Job) -> bool:
        """
        Count the jobs that a new child waits for.

        :return: whether the dependencies can still be met, because none has failed.
        """
        if child.parent is None or child.index is None:
            raise ValueError(f"job {child.job_id} is not a child of an array job")
        targets = [_counterpart(array, child.index) for array in child.parent.n_to_n_dependencies]
        if child.parent.spec.is_sequential and child.index > 0:
            targets.append(_counterpart(child.parent, child.index - 1))
        if JobStatus.FAILED in targets:
            return False
        child.outstanding = sum(not status.is_final for status in targets)
        return True

    def pop_dependents(self, finished: Job) -> Iterator[Job]:
        """Yield each job that waits for a job that has just ended, and remove the dependency."""
        yield from self._waiting.pop(finished, ())
        if finished.parent is not None and finished.index is not None:
            yield from self._dependents_of_child(finished.parent, finished.index)
        if finished.is_array:
            arrays = self._n_to_n.pop(finished, [])
            # It ended before its children existed, so none of them will notify its counterpart.
            if finished.children is None:
                for array in arrays:
                    yield from (array.children or ())[: finished.spec.array_size]

    def _dependents_of_child(self, array: Job, index: int) -> Iterator[Job]:
        if array.spec.is_sequential and array.children and index + 1 < len(array.children):
            yield array.children[index + 1]
        for dependent in self._n_to_n.get(array, ()):
            if dependent.children and index < len(dependent.children):
                yield dependent.children[index]


def _counterpart(array: Job, index: int) -> JobStatus:
    """
    Return the status of child ``index``, or of the array job while it has no children yet.

    A child beyond the size of a smaller array counts as SUCCEEDED.
    """
    if array.spec.array_size is not None and index >= array.spec.array_size:
        return JobStatus.SUCCEEDED
    return array.children[index].status if array.children else array.status
