"""Submit the jobs of a workflow in order, each with the job IDs of its dependencies in ``dependsOn``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

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
from airflow_batch_provider.following.decisions import Decision, FollowerState, decide_submission
from airflow_batch_provider.spec.models import DependencyType

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob

log = logging.getLogger(__name__)

_UNFINISHED: Final = "The submission of this job's workflow was not completed"


class JobSubmission(Protocol):
    """The part of ``BatchClient`` that a submission needs."""

    def submit(self, request: Mapping[str, Any], known_ids: Collection[str] = ()) -> SubmittedJob: ...

    def ensure_job_definition(self, registration: Mapping[str, Any]) -> str: ...

    def terminate(self, job_ids: Sequence[str], reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Submission:
    """
    The outcome of the submission of one job: the job, or the reason why there is none.

    :param is_new: whether the job has just been submitted; False if it existed before.
    :param adopted: the job that existed before, as AWS Batch lists it.
    :param is_kept: whether it existed before and is kept for a task that follows or has followed it.
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
    The jobs that already exist for a job key before its workflow is submitted.

    :param known: its jobs in AWS Batch, newest first.
    :param follower: the state of the task that follows it.
    """

    known: Sequence[JobSummary] = ()
    follower: FollowerState = FollowerState.PENDING


@dataclass(frozen=True, slots=True)
class Outcome:
    """A planned job and the outcome of its submission."""

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
    Submit jobs in the given order, which must be topological, and yield their outcomes.

    All jobs are submitted before the first outcome is yielded, so that AWS Batch has the whole workflow
    as early as possible, however long the caller takes for each outcome.

    A job that exists already is adopted or replaced, see ``decide_submission``. If AWS
    Batch refuses a job, it and every job that depends on it are reported as refused; the other jobs
    are submitted. If the submission cannot continue, or the caller closes the generator before its end,
    the jobs that it submitted are terminated, because no task would follow them.

    :param job_name: returns the job name for a job key.
    :param prior: what exists already, by job key.
    :param head: the job, submitted already, on which these jobs depend.
    :param is_cancelled: called after each job; the submission ends when it returns True.
    :raises SubmissionCancelledError: the submission was cancelled.
    """
    done = {head.planned.key: Outcome(head.planned, head.submission)} if head is not None else {}
    submissions: dict[str, Submission] = {}
    try:
        for planned in jobs:
            before = (prior or {}).get(planned.key, Prior())
            submission = _submit_one(planned, done, client, job_name(planned.key), before)
            submissions[planned.key] = submission
            done[planned.key] = Outcome(planned, submission)
            # Check after recording the job, so that a cancelled submission terminates this job too.
            if is_cancelled():
                raise SubmissionCancelledError(
                    "the task was killed while submitting its workflow; its submitted jobs are being "
                    "terminated"
                )
        yield from submissions.values()
    # Also on GeneratorExit, which `close()` raises here, and
    # on Airflow's AirflowTaskTimeout; neither is an Exception.
    except BaseException:
        _terminate_new(submissions.values(), client)
        raise


def _terminate_new(submissions: Iterable[Submission], client: JobSubmission) -> None:
    new = [submission.job.job_id for submission in submissions if submission.job and submission.is_new]
    try:
        client.terminate(new, _UNFINISHED)
    except Exception:
        log.exception(
            "Could not terminate all jobs of the failed submission; some may still be running: %s",
            ", ".join(new),
        )


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
        client.terminate(decision.terminate, _reason_to_replace(decision, missing))
    # Before the check for a missing dependency: a job that a task follows
    # stays, even if the job that it depends on is refused this time.
    if decision.follow is not None:
        adopted = next((job for job in before.known if job.job_id == decision.follow), None)
        job = SubmittedJob(decision.follow, job_name)
        is_kept = is_upstream_kept or before.follower is not FollowerState.PENDING
        return Submission(planned.key, job, is_new=False, adopted=adopted, is_kept=is_kept)
    if missing is not None:
        refusal = f"it depends on job '{missing.job_key}', which was not submitted"
        return Submission(planned.key, refusal=refusal)
    if not decision.may_submit:
        refusal = (
            "its task has already ended, so no task would follow the job; "
            "to submit the job, clear that task too"
        )
        return Submission(planned.key, refusal=refusal, is_new=False)
    return _send(planned, done, client, job_name, before)


def _reason_to_replace(decision: Decision, missing: Submission | None) -> str:
    """Return why live jobs are terminated before a job is adopted, submitted or left out."""
    if decision.follow is not None:
        return f"Superseded by job {decision.follow}"
    if missing is not None:
        return f"Job '{missing.job_key}', on which this job depends, was not submitted"
    if not decision.may_submit:
        return "The task of this job has ended in Airflow"
    return "Superseded: this job is submitted again"


def _send(
    planned: PlannedJob, done: Mapping[str, Outcome], client: JobSubmission, job_name: str, before: Prior
) -> Submission:
    try:
        depends_on = [_dependency(dependency, done) for dependency in planned.batch_dependencies]
        _check_pairs(planned, done)
        rendered = with_job_definition(planned.request, planned.key, client.ensure_job_definition)
        request = complete_request(rendered, job_key=planned.key, job_name=job_name, depends_on=depends_on)
        job = client.submit(request, [job.job_id for job in before.known])
    except (RequestError, SubmissionRejectedError) as error:
        # Only this job and its dependents are refused. Any other
        # error could recur for each job and ends the submission.
        return Submission(planned.key, refusal=str(error))
    return Submission(planned.key, job=job)


def with_job_definition(
    rendered: Mapping[str, Any], job_key: str, ensure: Callable[[Mapping[str, Any]], str]
) -> Mapping[str, Any]:
    """Replace a job definition that is part of the request by the name of its registration."""
    definition = rendered.get("jobDefinition")
    if not isinstance(definition, Mapping):
        return rendered
    return {**rendered, "jobDefinition": ensure(complete_registration(definition, job_key=job_key))}


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
    # With N_TO_N, child i waits for child i. A retry of some children numbers them from 0, so their indexes
    # do not match: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
    cannot_pair = dependency.type is DependencyType.N_TO_N and not _has_all_children(outcome)
    return JobDependency(job.job_id if job else None, None if cannot_pair else dependency.type)


def _has_all_children(outcome: Outcome) -> bool:
    """
    Whether a job certainly has all children of its array.

    A job that its own task submitted may be a retry of some children only; a job with an ``N_TO_N``
    dependency on it then waits for the whole job.
    """
    adopted, job = outcome.submission.adopted, outcome.submission.job
    if adopted is None or (job is not None and matches_job_name(adopted.job_name, job.job_name)):
        return True
    return adopted.array_size == array_size(outcome.planned.request, outcome.planned.key)
