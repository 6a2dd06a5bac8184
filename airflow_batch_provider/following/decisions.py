"""Which job a task follows when it starts: the one that is there, or one that it submits anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider.batch.failures.classification import DEPENDENCY_FAILED
from airflow_batch_provider.batch.job import JobDescription, JobSummary
from airflow_batch_provider.batch.naming import matches_job_name

STARTED_ANEW: Final = "has been started anew"
"""Part of the reason with which a task's new try terminates the job of an earlier one."""


@dataclass(frozen=True, slots=True)
class FollowedJob:
    """
    Which job a task has followed.

    :param root: the id that was published for it then; None where the task submits by itself.
    :param job_id: the job that it followed: the root, or one that it submitted in its place.
    :param epoch: ``ti.max_tries`` of then; Airflow changes it when somebody clears the task.
    :param try_number: the task's try that followed it.
    :param since: when that try began, in seconds since the epoch.
    :param has_succeeded: whether the task saw the job's success and ended with it.
    """

    root: str | None
    job_id: str
    epoch: int
    try_number: int = 0
    since: float = 0
    has_succeeded: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> FollowedJob | None:
        """Read what ``to_json`` wrote; None for anything else."""
        if not isinstance(value, Mapping):
            return None
        if not isinstance(value.get("job_id"), str) or not isinstance(value.get("epoch"), int):
            return None
        return cls(
            root=value.get("root"),
            job_id=value["job_id"],
            epoch=value["epoch"],
            try_number=value.get("try_number", 0),
            since=value.get("since", 0),
            has_succeeded=bool(value.get("has_succeeded")),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What to do.

    :param follow: the job to follow; None to submit anew.
    :param terminate: jobs that are still live and that nobody follows any more.
    :param may_submit: False where nobody would watch a job that is submitted now.
    """

    follow: str | None = None
    terminate: tuple[str, ...] = ()
    may_submit: bool = True


class FollowerState(StrEnum):
    """What the task that follows a job is doing while the job is about to be submitted."""

    PENDING = "to come"
    WATCHING = "watching"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class TaskJobs:
    """
    What a task finds when it starts.

    :param root: the job that was published for it.
    :param recorded: what the task followed when it ran last.
    :param own: jobs that it has itself submitted in this epoch, the newest first; found by name.
    :param others: its jobs of earlier epochs.
    :param is_first_try: whether this is the first try since the run began or since a clear.
    """

    epoch: int
    try_number: int
    is_first_try: bool
    root: JobDescription | None = None
    recorded: FollowedJob | None = None
    own: Sequence[JobDescription] = ()
    others: Sequence[JobDescription] = ()

    @property
    def was_cleared(self) -> bool:
        """
        Whether somebody has cleared the task since it ran last.

        The epoch tells, but for an author who has lowered ``retries`` between two clears: then
        one comes again. A first try after an earlier one tells it as well.
        """
        recorded = self.recorded
        if recorded is None:
            return False
        is_after_another = self.is_first_try and 0 < recorded.try_number < self.try_number
        return recorded.epoch != self.epoch or is_after_another


def choose_job_to_follow(found: TaskJobs) -> Decision:
    """
    Choose the job that the task follows, so that at most one job of the task is live.

    What this very try has followed before, it goes on to follow: an event of an earlier try
    may have woken it.

    The task runs only when its upstream tasks are done. So a job that AWS Batch failed because
    of a dependency can be submitted anew: what it waited for has since succeeded.
    """
    recorded = found.recorded
    if recorded is not None and recorded.try_number == found.try_number and not found.was_cleared:
        return Decision(recorded.job_id)
    candidate = _candidate(found)
    follow = candidate.job_id if candidate is not None and _is_wanted(candidate, found) else None
    known = [*([found.root] if found.root else []), *found.own, *found.others]
    live = dict.fromkeys(job.job_id for job in known if job.is_live and job.job_id != follow)
    return Decision(follow, tuple(live))


def predecessor(found: TaskJobs) -> JobDescription | None:
    """Find the job of the same work that a new one takes the place of; none after a clear."""
    return None if found.was_cleared else _candidate(found)


def _candidate(found: TaskJobs) -> JobDescription | None:
    """Find the newest job that this epoch's work could be."""
    root = found.root
    if found.own and (root is None or (found.own[0].created_at or 0) >= (root.created_at or 0)):
        return found.own[0]
    is_cleared_root = found.was_cleared and root is not None and _recorded_root(found) == root.job_id
    return None if is_cleared_root else root


def _recorded_root(found: TaskJobs) -> str | None:
    return found.recorded.root if found.recorded is not None else None


def _is_wanted(job: JobDescription, found: TaskJobs) -> bool:
    recorded = found.recorded if found.recorded and found.recorded.job_id == job.job_id else None
    if recorded is not None and found.was_cleared:
        return False
    if not job.status.is_final:
        return not job.is_ending
    if job.has_succeeded:
        return not (recorded and recorded.has_succeeded)  # seen already: somebody wants the work again
    if job.status_reason == DEPENDENCY_FAILED:
        return False
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
    Choose what a submitting task does about a job of which there may be one already.

    :param job_name: the name that the job would get: that of this task's present epoch.
    :param known: all jobs of the task that follows, of whichever epoch, the newest first.
    :param follower: what that task is doing. A job that is watched is kept: submitting again would
        make two; one whose task has ended is not submitted: nobody would watch it.
    :param is_upstream_renewed: whether a job that this one depends on has just been submitted
        anew, so that one which depends on its predecessor is of no use.
    :param is_upstream_kept: whether all jobs that this one depends on are kept for tasks that follow
        or have followed them. Then nobody has cleared the task that is to come: it waits for those.
    """
    live = [job for job in known if job.is_live]
    follow = None
    if follower is not FollowerState.PENDING:
        follow = next(iter(live or known), None)
    elif is_upstream_kept:
        follow = next((job for job in known if job.is_live or job.has_succeeded), None)
    elif not is_upstream_renewed:
        mine = next((job for job in known if matches_job_name(job.job_name, job_name)), None)
        follow = mine if mine is not None and (mine.is_live or mine.has_succeeded) else None
    superseded = [job.job_id for job in live if follow is None or job.job_id != follow.job_id]
    return Decision(
        follow.job_id if follow else None, tuple(superseded), may_submit=follower is not FollowerState.ENDED
    )
