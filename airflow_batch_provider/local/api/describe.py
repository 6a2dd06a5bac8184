"""DescribeJobs, and jobs as AWS describes and summarizes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from airflow_batch_provider.local.api.consumable_needs import describe_needs
from airflow_batch_provider.local.api.ecs_properties import describe_task
from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.api.request import Request, Rules
from airflow_batch_provider.local.errors import wrapped
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment
from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
from airflow_batch_provider.local.log_streams import destination_of
from airflow_batch_provider.local.region import Region

MAX_JOBS: Final = 100
AWS_RULES: Final = Rules()
OF_TASK: Final = ("containerInstanceArn", "taskArn")
OF_CONTAINER: Final = ("exitCode", "reason", "logStreamName")


def describe_jobs(request: Request) -> dict[str, Any]:
    job_ids = request.params["jobs"]
    if len(job_ids) > MAX_JOBS:
        raise wrapped(f"Maximum number of jobs supported is  {MAX_JOBS} .")
    found = (request.region.find_job(job_id) for job_id in dict.fromkeys(job_ids))
    jobs = [describe_job(request.region, job, request.rules) for job in found if job is not None]
    return {"jobs": jobs}


def describe_job(region: Region, job: Job, rules: Rules = AWS_RULES) -> dict[str, Any]:
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
        "startedAt": _started_at(job, rules),
        "stoppedAt": job.stopped_at,
        "dependsOn": _depends_on(job, rules),
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
        "consumableResourceProperties": describe_needs(job),
    }


def summarize_job(region: Region, job: Job) -> dict[str, Any]:
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


def _started_at(job: Job, rules: Rules) -> int | None:
    if job.children is None or Question.START_OF_ARRAY not in rules.other_answers:
        return job.started_at
    started = (child.started_at for child in job.children)
    return min((moment for moment in started if moment is not None), default=None)


def _depends_on(job: Job, rules: Rules) -> Sequence[Mapping[str, str]]:
    if job.index is not None and Question.DEPENDENCIES_OF_CHILDREN in rules.other_answers:
        return ()
    return job.spec.depends_on


def _describe_containers(region: Region, job: Job) -> dict[str, Any]:
    """Return the container, or the task if the definition has ``ecsProperties``; then the former is empty."""
    run = _describe_run(region, job)
    if job.spec.task is None:
        return {"container": {**job.spec.container, **run}}
    of_container = {name: run.get(name) for name in OF_CONTAINER}
    task = describe_task(job.spec.task, [{**job.spec.container, **of_container}])
    of_task = {name: run.get(name) for name in OF_TASK}
    return {"container": {}, "ecsProperties": {"taskProperties": [{**task, **of_task}]}}


def _describe_attempt(region: Region, job: Job, attempt: Attempt) -> dict[str, Any]:
    run = _describe_task(region, job, attempt)
    times = {"startedAt": attempt.started_at, "stoppedAt": attempt.stopped_at}
    if job.spec.task is None:
        container = {**run, "networkInterfaces": []}
        return {"container": container, **times, "statusReason": attempt.status_reason}
    of_container = {
        "name": job.spec.container.get("name"),
        **{name: run[name] for name in OF_CONTAINER},
        "networkInterfaces": [],
    }
    task = {**{name: run[name] for name in OF_TASK}, "containers": [of_container]}
    return {"container": {}, **times, "statusReason": attempt.status_reason, "taskProperties": [task]}


def _describe_run(region: Region, job: Job) -> dict[str, Any]:
    attempt = job.latest_attempt
    return {} if attempt is None else _describe_task(region, job, attempt)


def _describe_task(region: Region, job: Job, attempt: Attempt) -> dict[str, Any]:
    """Return what is known of an attempt: task from STARTING, logs from RUNNING, exit at the end."""
    environment = attempt.environment
    place = region.place
    return {
        "containerInstanceArn": place.ecs_arn(
            "container-instance", f"{environment.cluster}/{_instance_id(environment)}"
        ),
        "taskArn": place.ecs_arn("task", f"{environment.cluster}/{attempt.task_id}"),
        "exitCode": attempt.exit_code,
        "reason": attempt.reason,
        "logStreamName": None if attempt.started_at is None else destination_of(job, attempt).stream,
    }


def _instance_id(environment: ComputeEnvironment) -> str:
    """Each compute environment has one host; its id is that of the cluster."""
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
    """An array job has no timeout of its own; its children have."""
    seconds = job.spec.timeout_seconds
    return None if seconds is None else {"attemptDurationSeconds": seconds}
