"""From SUBMITTED to RUNNABLE: dependencies, and the creation of an array job's children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.work_queues import PendingChildren, WorkQueues

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.dependencies import Dependencies
    from airflow_batch_provider.local.lifecycle.status_changes import StatusChanges

CREATE_BATCH_SIZE: Final = 20
"""Children created per step. Creating ten thousand takes 8 ms, too long for one step."""

NOT_COUNTED: Final = -1
"""The number of outstanding dependencies of a child that has not been admitted yet."""


class Admission:
    """Holds jobs and children back until their dependencies are met."""

    def __init__(self, work: WorkQueues, dependencies: Dependencies, status_changes: StatusChanges) -> None:
        self._work = work
        self._dependencies = dependencies
        self._status_changes = status_changes

    def evaluate(self, job: Job, now: int) -> None:
        """Register the dependencies of a submitted job, and release it if they are met."""
        if job.status is not JobStatus.SUBMITTED:
            return
        can_be_met = self._dependencies.register(job)
        # Through PENDING even if a dependency has failed already: AWS Batch documents only the step from
        # PENDING to FAILED, https://docs.aws.amazon.com/batch/latest/userguide/job_dependencies.html
        if job.outstanding or job.is_array or not can_be_met:
            self._status_changes.set_status(job, JobStatus.PENDING, now)
        if not can_be_met:
            self._status_changes.fail(job, reasons.DEPENDENT_JOB_FAILED, now)
        elif job.outstanding == 0:
            self._release(job, now)

    def create_children(self, now: int) -> None:
        """Create some children. They become visible once all exist, and are then admitted one by one."""
        pending = self._work.pending_children[0]
        array, created = pending.array, len(pending.children)
        size = array.spec.array_size or 0
        pending.children.extend(
            Job(
                array.root_id,
                array.spec,
                array.sequence,
                pending.created_at,
                JobStatus.PENDING,
                index,
                array,
                outstanding=NOT_COUNTED,
            )
            for index in range(created, min(created + CREATE_BATCH_SIZE, size))
        )
        if len(pending.children) == size:
            self._work.pending_children.popleft()
            # The array job may have been stopped while its children were being created.
            if not array.status.is_final:
                self._attach_children(array, tuple(pending.children), now)

    def admit(self, child: Job, now: int) -> None:
        """Count the dependencies of a new child, and release it if they are met."""
        if child.status is not JobStatus.PENDING:
            return  # It has been stopped already.
        if not self._dependencies.count_for_child(child):
            self._status_changes.fail(child, reasons.DEPENDENT_JOB_FAILED, now)
        elif child.outstanding == 0:
            self._release(child, now)

    def notify_dependents(self, finished: Job, now: int) -> None:
        """Update the jobs that wait for a job that has ended."""
        has_succeeded = finished.status is JobStatus.SUCCEEDED
        for waiting in self._dependencies.pop_dependents(finished):
            if waiting.status is not JobStatus.PENDING:
                continue
            # A child that is not admitted yet goes further below zero; `admit` counts from scratch.
            waiting.outstanding -= 1
            if not has_succeeded:
                self._status_changes.fail(waiting, reasons.DEPENDENT_JOB_FAILED, now)
            elif waiting.outstanding == 0:
                self._release(waiting, now)
        if finished.parent is not None:
            self._count_finished_child(finished.parent, now)

    def _release(self, job: Job, now: int) -> None:
        """Let a job continue after its last dependency was met."""
        job.waits_for = ()
        # AWS Batch ends a cancelled PENDING job only when its dependencies have ended:
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJob.html
        if job.stop_reason is not None:
            self._status_changes.fail(job, job.stop_reason, now)
        elif job.is_array:
            self._work.pending_children.append(PendingChildren(job, now))
        else:
            self._status_changes.make_runnable(job, now)

    def _attach_children(self, array: Job, children: tuple[Job, ...], now: int) -> None:
        array.children = children
        if array.progress is not None:
            array.progress.counts[JobStatus.PENDING] = len(children)
            array.progress.updated_at = now
        self._dependencies.register_children(array)
        self._work.unadmitted.append(iter(children))

    def _count_finished_child(self, array: Job, now: int) -> None:
        progress = array.progress
        if progress is None:
            return
        progress.unfinished -= 1
        if progress.unfinished > 0:
            return
        if progress.counts[JobStatus.FAILED]:
            self._status_changes.fail(array, reasons.ARRAY_CHILD_FAILED, now)
        else:
            self._status_changes.finish(array, JobStatus.SUCCEEDED, None, now)
