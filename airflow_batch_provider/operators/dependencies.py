"""The dependencies of a job that its own task submits: from rendered arguments to ``dependsOn``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import TaskInstanceState

from airflow_batch_provider import limits
from airflow_batch_provider.batch.job import JobStatus
from airflow_batch_provider.batch.request import JobDependency
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.handover import entries_of
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.operators.follower_states import task_states
from airflow_batch_provider.operators.task_try import is_single_task_test

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.operators.roles import JobTask

_FAILED: Final = frozenset(
    {TaskInstanceState.FAILED, TaskInstanceState.UPSTREAM_FAILED, TaskInstanceState.REMOVED}
)


def without_skipped(task: JobTask, context: Context) -> list[Any]:
    """
    Return the entries of the task's ``depends_on``, without those of upstream tasks that were skipped.

    Airflow renders the XCom of a task that did not run as None. If an upstream task failed, or fewer tasks
    were skipped than entries lack a job ID, these entries stay, and the submission refuses them: the job
    would run without its input.
    """
    entries = _entries(task.depends_on)
    with_job = [entry for entry in entries if not _lacks_job(entry)]
    if len(with_job) == len(entries):
        return entries
    lacking = len(entries) - len(with_job)
    if is_single_task_test(context["ti"].run_id):
        task.log.info("Left %s entries out of depends_on: the tasks before this one do not run", lacking)
        return with_job
    states = list(task_states(context, sorted(task.upstream_task_ids)).values())
    if states.count(TaskInstanceState.SKIPPED) < lacking or not _FAILED.isdisjoint(states):
        return entries
    task.log.info("Left %s entries without a job ID out of depends_on", lacking)
    return with_job


def lacks_job(task: JobTask) -> bool:
    """Whether an entry of the task's ``depends_on`` has no job ID."""
    return any(_lacks_job(entry) for entry in _entries(task.depends_on))


def dependencies_of(rendered: Any, job_key: str) -> list[JobDependency]:
    """
    Read a rendered ``depends_on``; each dependency appears once.

    :raises RequestError: an entry has no job ID.
    """
    return list(dict.fromkeys(_dependency(entry, job_key) for entry in _entries(rendered)))


def submitted_dependencies(task: JobTask, dependencies: Sequence[JobDependency]) -> Sequence[JobDependency]:
    """
    Return the dependencies that are sent with a job, so that AWS Batch accepts their number.

    If there are too many, those whose jobs have succeeded are left out. If too many remain, wait for some of
    them first. A failed dependency is sent: AWS Batch then fails the job, with the reason that it gives
    for any such job.

    :raises TaskDeferred: the task has to wait, and starts again afterwards.
    """
    while len(dependencies) > limits.DEPENDENCIES_MAX:
        job_ids = [each.job_id for each in dependencies if each.job_id is not None]
        described = task.hook.batch.describe(list(dict.fromkeys(job_ids)))
        # With N_TO_N, a failed array fails only some children of this one; the others have to wait.
        plain = [each for each in dependencies if each.type is None]
        failed = [each for each in plain if _status(each, described) is JobStatus.FAILED]
        if failed:
            return failed[: limits.DEPENDENCIES_MAX]
        dependencies = [each for each in dependencies if _status(each, described) is not JobStatus.SUCCEEDED]
        live = [each for each in dependencies if each.job_id and not _has_ended(each, described)]
        awaited = live[: max(len(dependencies) - limits.DEPENDENCIES_MAX, 0)]
        if not awaited:  # enough have ended; otherwise the request is refused with their number
            break
        task.log.info(
            "The job depends on %s jobs that have not succeeded; AWS Batch accepts %s. Waiting for %s of "
            "them before submitting the job",
            len(dependencies),
            limits.DEPENDENCIES_MAX,
            len(awaited),
        )
        task.wait_for_jobs([str(each.job_id) for each in awaited])
    return dependencies


def _status(dependency: JobDependency, described: Mapping[str, JobDescription]) -> JobStatus | None:
    job = described.get(dependency.job_id) if dependency.job_id is not None else None
    return job.status if job is not None else None


def _has_ended(dependency: JobDependency, described: Mapping[str, JobDescription]) -> bool:
    status = _status(dependency, described)
    return status is not None and status.is_final


def _entries(rendered: Any) -> list[Any]:
    """List the entries; a mapping whose ``job_id`` is a list becomes one entry for each job ID."""
    return [entry for given in entries_of(rendered) for entry in _entries_of_mapping(given)]


def _entries_of_mapping(entry: Any) -> Iterator[Any]:
    name = next((name for name in ("job_id", "jobId") if isinstance(entry, Mapping) and name in entry), None)
    if name is None:
        yield entry
        return
    for job_id in entries_of(entry[name]):
        yield {**entry, name: job_id}


def _lacks_job(entry: Any) -> bool:
    if isinstance(entry, Mapping):
        return any(name in entry and entry[name] is None for name in ("job_id", "jobId"))
    return entry is None


def _dependency(entry: Any, job_key: str) -> JobDependency:
    if isinstance(entry, str) and entry:
        return JobDependency(job_id=entry)
    if isinstance(entry, Mapping):
        members = {snake_case(name): value for name, value in entry.items()}
        is_sequential = members == {"type": "SEQUENTIAL"}
        if is_sequential or (members.get("job_id") and isinstance(members["job_id"], str)):
            return JobDependency(job_id=members.get("job_id"), type=members.get("type"))
    text = (
        f"job '{job_key}': {entry!r} in depends_on is neither a job ID nor "
        "{'job_id': …, 'type': …}. If it comes from another task, that task did not publish a job ID; "
        "clear that task and, when it has succeeded, this one"
    )
    raise RequestError(text)
