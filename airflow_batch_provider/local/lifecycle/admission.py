"""From SUBMITTED to RUNNABLE: dependencies, and the birth of children."""

from __future__ import annotations

from typing import Final

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.backlog import Backlog, PendingChildren
from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.moves import StatusChanges

BORN_AT_ONCE: Final = 20
"""Children that are born in one step; ten thousand take 8 ms, which is too long for one."""

UNCOUNTED: Final = -1
"""Outstanding dependencies of a child that has not been admitted yet."""


class Admission:
    """Lets jobs and children wait for what is outstanding, and go on when it is met."""

    def __init__(self, backlog: Backlog, dependencies: Dependencies, moves: StatusChanges) -> None:
        self._backlog = backlog
        self._dependencies = dependencies
        self._moves = moves

    def evaluate(self, job: Job, now: int) -> None:
        """Look at a job that has been submitted."""
        if job.status is not JobStatus.SUBMITTED:
            return
        has_hope = self._dependencies.register(job)
        if job.unmet or job.is_array or not has_hope:
            self._moves.move(job, JobStatus.PENDING, now)
        if not has_hope:
            self._moves.fail(job, reasons.DEPENDENT_JOB_FAILED, now)
        elif job.unmet == 0:
            self._release(job, now)

    def create_children(self, now: int) -> None:
        """Let some children be born. They are seen when all are there, and admitted one by one."""
        brood = self._backlog.broods[0]
        array, born = brood.array, len(brood.children)
        size = array.spec.array_size or 0
        brood.children.extend(
            Job(
                array.root_id,
                array.spec,
                array.sequence,
                brood.at,
                JobStatus.PENDING,
                index,
                array,
                unmet=UNCOUNTED,
            )
            for index in range(born, min(born + BORN_AT_ONCE, size))
        )
        if len(brood.children) == size:
            self._backlog.broods.popleft()
            if not array.status.is_final:
                self._present(array, tuple(brood.children), now)

    def admit(self, child: Job, now: int) -> None:
        """Look at a unadmitted child; it may have been stopped already."""
        if child.status is not JobStatus.PENDING:
            return
        if not self._dependencies.count_for_child(child):
            self._moves.fail(child, reasons.DEPENDENT_JOB_FAILED, now)
        elif child.unmet == 0:
            self._release(child, now)

    def settle(self, finished: Job, now: int) -> None:
        """Tell everyone who waits for a job that it has ended."""
        has_succeeded = finished.status is JobStatus.SUCCEEDED
        for waiting in self._dependencies.waiting_on(finished):
            if waiting.status is not JobStatus.PENDING:
                continue
            waiting.unmet -= 1
            if not has_succeeded:
                self._moves.fail(waiting, reasons.DEPENDENT_JOB_FAILED, now)
            elif waiting.unmet == 0:
                self._release(waiting, now)
        if finished.parent is not None:
            self._count_finished_child(finished.parent, now)

    def _release(self, job: Job, now: int) -> None:
        """Let a job go on whose dependencies have all been met."""
        job.waits_for = ()
        if job.stop_reason is not None:
            self._moves.fail(job, job.stop_reason, now)
        elif job.is_array:
            self._backlog.broods.append(PendingChildren(job, now))
        else:
            self._moves.make_runnable(job, now)

    def _present(self, array: Job, children: tuple[Job, ...], now: int) -> None:
        array.children = children
        if array.progress is not None:
            array.progress.counts[JobStatus.PENDING] = len(children)
            array.progress.updated_at = now
        self._dependencies.register_children(array)
        self._backlog.unadmitted.append(iter(children))

    def _count_finished_child(self, array: Job, now: int) -> None:
        progress = array.progress
        if progress is None:
            return
        progress.unfinished -= 1
        if progress.unfinished > 0:
            return
        if progress.counts[JobStatus.FAILED]:
            self._moves.fail(array, reasons.ARRAY_CHILD_FAILED, now)
        else:
            self._moves.finish(array, JobStatus.SUCCEEDED, None, now)
