"""Jobs as DescribeJobs describes and ListJobs summarizes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.consumable_requirements import describe_requirements
from airflow_batch_provider.local.api.ecs_properties import describe_task
from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.api.request import ApiSettings
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
from airflow_batch_provider.local.log_streams import destination_of

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
    from airflow_batch_provider.local.lifecycle.containers import Container, ContainerState
    from airflow_batch_provider.local.region import Region

AWS_SETTINGS: Final = ApiSettings()


def describe_job(region: Region, job: Job, settings: ApiSettings = AWS_SETTINGS) -> dict[str, Any]:
    """Return the description of a job, an array job or a child."""
    spec = job.spec
    arn = region.job_arn(job)
    return {
        "jobArn": arn,
        "jobName": spec.job_name,
        "jobId": job.job_id,
        "jobQueue": spec.queue.arn,
        "shareIdentifier": spec.share_identifier,
        "schedulingPriority": None if spec.share_identifier is None else spec.scheduling_priority,
        "status": job.status.value,
        "attempts": [_describe_attempt(region, job, attempt) for attempt in job.attempts],
        "statusReason": job.status_reason,
        "createdAt": job.created_at,
        "retryStrategy": spec.retry_described,
        "startedAt": _started_at(job, settings),
        "stoppedAt": job.stopped_at,
        "dependsOn": _depends_on(job, settings),
        "jobDefinition": spec.definition_arn,
        "parameters": spec.parameters,
        **_describe_containers(region, job),
        "arrayProperties": _describe_array(job),
        "timeout": _describe_timeout(job),
        "tags": region.tags.get(arn, {}),
        "propagateTags": spec.propagate_tags,
        "platformCapabilities": spec.platform_capabilities,
        "eksAttempts": [],
        "isCancelled": job.is_cancelled,
        "isTerminated": job.is_terminated,
        "consumableResourceProperties": describe_requirements(job),
    }


def summarize_job(region: Region, job: Job) -> dict[str, Any]:
    """Return the summary of a job, an array job or a child."""
    attempt = job.latest_attempt
    container = {} if attempt is None else {"exitCode": attempt.exit_code, "reason": attempt.reason}
    has_container = any(value is not None for value in container.values())
    return {
        "jobArn": region.job_arn(job),
        "jobId": job.job_id,
        "jobName": job.spec.job_name,
        "createdAt": job.created_at,
        "status": job.status.value,
        "statusReason": job.status_reason,
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "container": container if has_container else None,
        "arrayProperties": _describe_array(job),
        "jobDefinition": job.spec.definition_arn,
        "shareIdentifier": job.spec.share_identifier,
        "isCancelled": job.is_cancelled or None,
        "isTerminated": job.is_terminated or None,
    }


def _started_at(job: Job, settings: ApiSettings) -> int | None:
    if job.children is None or Question.START_OF_ARRAY not in settings.alternatives:
        return job.started_at
    started = (child.started_at for child in job.children)
    return min((time for time in started if time is not None), default=None)


def _depends_on(job: Job, settings: ApiSettings) -> Sequence[Mapping[str, str]]:
    if job.index is not None and Question.DEPENDENCIES_OF_CHILDREN in settings.alternatives:
        return ()
    return job.spec.depends_on


def _describe_containers(region: Region, job: Job) -> dict[str, Any]:
    """Return ``container``; with ``ecsProperties``, return the task and an empty ``container``."""
    attempt = job.latest_attempt
    if job.spec.task is None:
        (container,) = job.spec.containers
        if attempt is None:
            return {"container": container.described}
        run = {**_describe_task(region, attempt), **_describe_end(job, attempt, container, attempt)}
        return {"container": {**container.described, **run}}
    if attempt is None:
        shown = [container.described for container in job.spec.containers]
        return {"container": {}, "ecsProperties": {"taskProperties": [describe_task(job.spec.task, shown)]}}
    ran = [{**container.described, **end} for container, end in _ends(job, attempt)]
    task = {**describe_task(job.spec.task, ran), **_describe_task(region, attempt)}
    return {"container": {}, "ecsProperties": {"taskProperties": [task]}}


def _describe_attempt(region: Region, job: Job, attempt: Attempt) -> dict[str, Any]:
    described = {
        "startedAt": attempt.started_at,
        "stoppedAt": attempt.stopped_at,
        "statusReason": attempt.status_reason,
    }
    task = _describe_task(region, attempt)
    ends = [{**end, "networkInterfaces": []} for _, end in _ends(job, attempt)]
    if job.spec.task is None:
        return {"container": {**task, **ends[0]}, **described}
    members = [
        {"name": container.described.get("name"), **end}
        for container, end in zip(job.spec.containers, ends, strict=True)
    ]
    return {"container": {}, **described, "taskProperties": [{**task, "containers": members}]}


def _describe_task(region: Region, attempt: Attempt) -> dict[str, Any]:
    """Return the ARNs of an attempt's host and task, which are known from STARTING."""
    environment, location = attempt.environment, region.location
    instance = f"{environment.cluster}/{_instance_id(environment)}"
    return {
        "containerInstanceArn": location.ecs_arn("container-instance", instance),
        "taskArn": location.ecs_arn("task", f"{environment.cluster}/{attempt.task_id}"),
    }


def _ends(job: Job, attempt: Attempt) -> Iterator[tuple[Container, dict[str, Any]]]:
    """Yield the containers of an attempt, each with its log stream and exit."""
    states: Sequence[ContainerState | Attempt] = attempt.containers or (attempt,)
    for container, state in zip(job.spec.containers, states, strict=True):
        yield container, _describe_end(job, attempt, container, state)


def _describe_end(
    job: Job, attempt: Attempt, container: Container, state: ContainerState | Attempt
) -> dict[str, Any]:
    """Return the log stream, which is known once the container runs, and the exit, known at its end."""
    has_started = state.started_at is not None if isinstance(state, Attempt) else state.has_started
    return {
        "exitCode": state.exit_code,
        "reason": state.reason,
        "logStreamName": destination_of(job, attempt, container).stream if has_started else None,
    }


def _instance_id(environment: ComputeEnvironment) -> str:
    """Return the id of the only host of a compute environment, derived from the cluster's id."""
    return environment.cluster[-36:].replace("-", "")


def _describe_array(job: Job) -> dict[str, Any] | None:
    if job.index is not None:
        return {"statusSummary": {}, "index": job.index}
    if job.progress is None:
        return None
    return {
        "statusSummary": {status.value: number for status, number in job.progress.counts.items()},
        "statusSummaryLastUpdatedAt": job.progress.updated_at,
        "size": job.spec.array_size,
    }


def _describe_timeout(job: Job) -> dict[str, Any] | None:
    """Return ``timeout``, or ``None`` if none was set."""
    seconds = job.spec.timeout_seconds
    return None if seconds is None else {"attemptDurationSeconds": seconds}
