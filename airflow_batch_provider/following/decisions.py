"""Decide which job a task follows when it starts: an existing one, or one that it submits again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.batch.job import JobStatus
from airflow_batch_provider.batch.naming import matches_job_name
from airflow_batch_provider.following.terminations import was_held_back

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription, JobSummary
    from airflow_batch_provider.handover import FollowedJob


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What to do about the jobs of a task.

    :param follow: the job to follow; None to submit a new one.
    :param terminate: live jobs that no task follows any longer.
    :param may_submit: False if no task would follow a job that is submitted now.
    """

    follow: str | None = None
    terminate: tuple[str, ...] = ()
    may_submit: bool = True


ENDED_STATES: Final = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})
"""Airflow's states of a task that has ended."""


class FollowerState(StrEnum):
    """The state of the task that follows a job, while another task submits that job."""

    PENDING = "pending"
    WATCHING = "watching"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class TaskJobs:
    """
    The jobs that a task finds when it starts.

    :param root: the job that another task published for it.
    :param recorded: the job that the task followed when it last ran.
    :param own: jobs that the task itself submitted in this epoch, newest first; found by name.
    :param others: its jobs of earlier epochs.
    :param is_first_try: whether this is the first try since the run began or since a clear.
    :param is_root_stale: whether a job that the root depends on has been submitted again since, or an edit
        of the workflow has changed for which jobs this one waits.
    """

    epoch: int
    try_number: int
    is_first_try: bool
    root: JobDescription | None = None
    recorded: FollowedJob | None = None
    own: Sequence[JobDescription] = ()
    others: Sequence[JobDescription] = ()
    is_root_stale: bool = False

    @property
    def known(self) -> list[JobDescription]:
        """All of these jobs; of two that were created at the same time, the later one comes first."""
        return [*self.own, *self.others, *([self.root] if self.root else [])]

    @property
    def was_cleared(self) -> bool:
        """
        Whether the task was cleared since it last ran.

        A new epoch shows it, except when the author lowered ``retries`` between two clears, so that an
        epoch repeats. A first try that follows an earlier try shows it as well.
        """
        recorded = self.recorded
        if recorded is None:
            return False
        # The count of tries is never reset, so the first try of
        # an epoch has a higher number than all earlier ones.
        is_after_another = self.is_first_try and 0 < recorded.try_number < self.try_number
        return recorded.epoch != self.epoch or is_after_another


def choose_job_to_follow(found: TaskJobs) -> Decision:
    """
    Choose the job that a task follows, so that at most one job of the task is live.

    A try continues to follow the job that it followed before: the event of an earlier try may have
    resumed it.

    The task runs only after its upstream tasks have succeeded. A job that AWS Batch failed because
    of a dependency is therefore submitted again: its dependency has succeeded since. So is a job that
    the provider terminated while no task followed it.
    """
    recorded = found.recorded
    if recorded is not None and recorded.try_number == found.try_number and not found.was_cleared:
        return Decision(recorded.job_id)
    candidate = _candidate(found)
    follow = candidate.job_id if candidate is not None and _is_wanted(candidate, found) else None
    # Two live jobs of one task would write the same output.
    live = dict.fromkeys(job.job_id for job in found.known if job.is_live and job.job_id != follow)
    return Decision(follow, tuple(live))


def predecessor(found: TaskJobs) -> JobDescription | None:
    """
    Return the job that a new one replaces.

    After a clear, this is the task's last job if it failed; None if the task succeeded with it, because
    clearing such a task requests all of the work again.
    """
    candidate = None if found.was_cleared else _candidate(found)
    if candidate is not None:
        return candidate
    if found.is_root_stale:
        return None
    if found.recorded is not None and found.recorded.has_succeeded:
        return None
    last = max(found.known, key=lambda job: job.created_at or 0, default=None)
    return last if last is not None and last.status is JobStatus.FAILED else None


def _candidate(found: TaskJobs) -> JobDescription | None:
    """Return the newest job that may be this epoch's."""
    root = found.root
    # Both times are AWS's, so no clock skew can reverse them. On a tie,
    # the task's own job is the later one: it is submitted after the root.
    if found.own and (root is None or (found.own[0].created_at or 0) >= (root.created_at or 0)):
        return found.own[0]
    # A clear asks for new work, unless the submitting task was cleared as well and has published a new root.
    is_cleared_root = found.was_cleared and root is not None and _recorded_root(found) == root.job_id
    return None if is_cleared_root or found.is_root_stale else root


def _recorded_root(found: TaskJobs) -> str | None:
    return found.recorded.root if found.recorded is not None else None


def _is_wanted(job: JobDescription, found: TaskJobs) -> bool:
    recorded = found.recorded if found.recorded and found.recorded.job_id == job.job_id else None
    if recorded is not None and found.was_cleared:
        return False
    if not job.status.is_final:
        return not job.is_ending
    if job.has_succeeded:
        return not (recorded and recorded.has_succeeded)  # the task has used this success already
    if was_held_back(job.status_reason):
        return False
    # The job failed. The first try reports that failure; a
    # retry, which Airflow starts because of it, needs a new job.
    return found.is_first_try and recorded is None


def decide_submission(
    job_name: str,
    known: Sequence[JobSummary],
    follower: FollowerState,
    *,
    is_upstream_renewed: bool = False,
    is_upstream_kept: bool = False,
) -> Decision:
    """
    Decide what a submitting task does about a job that may exist already.

    :param job_name: the name that the job would get in this task's current epoch.
    :param known: all jobs of the task that follows, of every epoch, newest first.
    :param follower: the state of that task. A job that it watches is kept, because a second submission
        would create a duplicate. If it has ended, no job is submitted, because no task would follow it.
    :param is_upstream_renewed: whether a job on which this one depends has just been submitted again,
        so that a job that depends on its predecessor is useless.
    :param is_upstream_kept: whether all jobs on which this one depends are kept for tasks that follow
        or have followed them. Then the pending task was not cleared: it waits for those jobs.
    """
    live = [job for job in known if job.is_live]
    follow = None
    if follower is not FollowerState.PENDING:
        # Prefer a live job over a newer one that has ended: the task watches the live one.
        follow = next(iter(live or known), None)
    elif is_upstream_kept:
        follow = next((job for job in known if job.is_live or job.has_succeeded), None)
    elif not is_upstream_renewed:
        # Only a job of the current epoch counts: after a clear,
        # jobs of earlier epochs are obsolete, even successful ones.
        own = next((job for job in known if matches_job_name(job.job_name, job_name)), None)
        follow = own if own is not None and (own.is_live or own.has_succeeded) else None
    superseded = [job.job_id for job in live if follow is None or job.job_id != follow.job_id]
    may_submit = follower is not FollowerState.ENDED
    return Decision(follow.job_id if follow else None, tuple(superseded), may_submit)
