"""Submits the jobs of a workflow in order, each with the job ids that its dependencies have just got."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from airflow_batch_provider.batch.job import JobSummary, SubmittedJob
from airflow_batch_provider.batch.naming import matches_job_name
from airflow_batch_provider.batch.request import (
    JobDependency,
    array_size,
    check_pair,
    complete_registration,
    complete_request,
)
from airflow_batch_provider.errors import RequestError, SubmissionCancelledError, SubmissionRejectedError
from airflow_batch_provider.following.decisions import FollowerState, decide_submission
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob
from airflow_batch_provider.spec.models import DependencyType

log = logging.getLogger(__name__)

_UNFINISHED: Final = "The submission of this job's workflow did not finish"
_SUPERSEDED: Final = "This job is submitted anew"


class JobSubmission(Protocol):
    """The part of ``BatchClient`` that a submission needs."""

    def submit(self, request: Mapping[str, Any], known_ids: Collection[str] = ()) -> SubmittedJob: ...

    def define(self, registration: Mapping[str, Any]) -> str: ...

    def terminate(self, job_ids: Sequence[str], reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Submission:
    """
    What became of one job: its id, or why there is none.

    :param is_new: whether it has just been submitted, or was there already.
    :param adopted: what was there already, as AWS Batch lists it.
    :param is_kept: whether it was there, and is kept for a task that follows or has followed it.
    """

    job_key: str
    job: SubmittedJob | None = None
    refusal: str | None = None
    is_new: bool = True
    adopted: JobSummary | None = None
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Prior:
    """
    What there is of a job before its workflow is submitted.

    :param known: its jobs in AWS Batch, the newest first.
    :param follower: what the task that follows it is doing.
    """

    known: Sequence[JobSummary] = ()
    follower: FollowerState = FollowerState.PENDING


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job and what became of it."""

    planned: PlannedJob
    submission: Submission


def submit_workflow(
    jobs: Iterable[PlannedJob],
    client: JobSubmission,
    job_name: Callable[[str], str],
    *,
    prior: Mapping[str, Prior] | None = None,
    head: Outcome | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Generator[Submission]:
    """
    Submit jobs in the order given, which must be topological.

    All are submitted before the first is handed out: AWS Batch has the workflow as soon as can be,
    however long the caller takes over each.

    A job that is there already is adopted or replaced, see ``decide_submission``. A job that AWS
    Batch refuses is reported as such, and so is every job that needs it; the others are
    submitted. If the submission cannot go on at all, the jobs that it started are terminated
    before the error is raised: a half workflow would run unwatched. So they are when the
    caller stops before the end and closes the generator.

    :param job_name: the job name for a job key.
    :param prior: what there is already, by job key.
    :param head: the job that these jobs follow on, where they are not a workflow's first.
    :param is_cancelled: asked after each job; the submission ends as soon as it says so.
    :raises SubmissionCancelledError: the submission was cancelled.
    """
    done = {head.planned.key: Outcome(head.planned, head.submission)} if head is not None else {}
    started: dict[str, Submission] = {}
    try:
        for planned in jobs:
            before = (prior or {}).get(planned.key, Prior())
            submission = _submit_one(planned, done, client, job_name(planned.key), before)
            started[planned.key] = submission
            done[planned.key] = Outcome(planned, submission)
            if is_cancelled():
                raise SubmissionCancelledError("the task was killed while it submitted its workflow")
        yield from started.values()
    except BaseException:
        _terminate_new(started.values(), client)
        raise


def _terminate_new(submissions: Iterable[Submission], client: JobSubmission) -> None:
    started = [submission.job.job_id for submission in submissions if submission.job and submission.is_new]
    try:
        client.terminate(started, _UNFINISHED)
    except Exception:
        log.exception("Not all jobs of a workflow that could not be submitted were terminated")


def _submit_one(
    planned: PlannedJob, done: Mapping[str, Outcome], client: JobSubmission, job_name: str, before: Prior
) -> Submission:
    upstream = [done[each.job_key].submission for each in planned.batch_dependencies if each.job_key]
    missing = next((other for other in upstream if other.job is None), None)
    is_upstream_kept = bool(upstream) and all(other.is_kept for other in upstream)
    decision = decide_submission(
        job_name,
        before.known,
        before.follower,
        is_upstream_renewed=missing is not None or any(other.is_new for other in upstream),
        is_upstream_kept=is_upstream_kept,
    )
    if decision.terminate:
        client.terminate(decision.terminate, _SUPERSEDED)
    if decision.follow is not None:
        adopted = next((job for job in before.known if job.job_id == decision.follow), None)
        job = SubmittedJob(decision.follow, job_name)
        is_kept = is_upstream_kept or before.follower is not FollowerState.PENDING
        return Submission(planned.key, job, is_new=False, adopted=adopted, is_kept=is_kept)
    if missing is not None:
        refusal = f"job '{missing.job_key}', which it depends on, was not accepted"
        return Submission(planned.key, refusal=refusal)
    if not decision.may_submit:
        refusal = "it was never submitted, and its task has ended; clear its task too to have it submitted"
        return Submission(planned.key, refusal=refusal, is_new=False)
    return _send(planned, done, client, job_name, before)


def _send(
    planned: PlannedJob, done: Mapping[str, Outcome], client: JobSubmission, job_name: str, before: Prior
) -> Submission:
    try:
        depends_on = [_dependency(dependency, done) for dependency in planned.batch_dependencies]
        _check_pairs(planned, done)
        rendered = with_job_definition(planned.request, planned.key, client.define)
        request = complete_request(rendered, job_key=planned.key, job_name=job_name, depends_on=depends_on)
        job = client.submit(request, [job.job_id for job in before.known])
    except (RequestError, SubmissionRejectedError) as error:
        return Submission(planned.key, refusal=str(error))
    return Submission(planned.key, job=job)


def with_job_definition(
    rendered: Mapping[str, Any], job_key: str, define: Callable[[Mapping[str, Any]], str]
) -> Mapping[str, Any]:
    """Register the job definition of a request that carries one, or find it; then name it there."""
    definition = rendered.get("jobDefinition")
    if not isinstance(definition, Mapping):
        return rendered
    return {**rendered, "jobDefinition": define(complete_registration(definition, job_key=job_key))}


def _check_pairs(planned: PlannedJob, done: Mapping[str, Outcome]) -> None:
    for each in planned.batch_dependencies:
        if each.type is DependencyType.N_TO_N and each.job_key is not None:
            other = done[each.job_key].planned
            size, other_size = (array_size(job.request, job.key) for job in (planned, other))
            check_pair(planned.key, size, other.key, other_size)


def _dependency(dependency: PlannedDependency, done: Mapping[str, Outcome]) -> JobDependency:
    if dependency.job_key is None:
        return JobDependency(type=dependency.type)
    outcome = done[dependency.job_key]
    job = outcome.submission.job
    cannot_pair = dependency.type is DependencyType.N_TO_N and not _has_all_children(outcome)
    return JobDependency(job.job_id if job else None, None if cannot_pair else dependency.type)


def _has_all_children(outcome: Outcome) -> bool:
    """
    Whether a job is known to have all children of its array.

    One that its own task has submitted may be a retry of some of them; what depends on it child by
    child then waits for all of it.
    """
    adopted, job = outcome.submission.adopted, outcome.submission.job
    if adopted is None or (job is not None and matches_job_name(adopted.job_name, job.job_name)):
        return True
    return adopted.array_size == array_size(outcome.planned.request, outcome.planned.key)
