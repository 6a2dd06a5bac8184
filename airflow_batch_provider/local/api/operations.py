"""The operations of AWS Batch that this endpoint implements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.local.api import (
    cancel_and_terminate,
    compute_environments,
    consumable_requirements,
    consumable_resources,
    describe_jobs,
    job_definitions,
    job_queues,
    list_jobs,
    queue_snapshots,
    scheduling_policies,
    submit_job,
    tags,
)
from airflow_batch_provider.local.api.request import EncodedResult, Request
from airflow_batch_provider.local.lifecycle.jobs import Job

Run = Callable[[Request], dict[str, Any] | EncodedResult]
JobsChanged = Callable[[Request, Mapping[str, Any]], Iterable[Job]]


@dataclass(frozen=True, slots=True)
class Operation:
    """
    An operation, and what it changes.

    :param run: executes it.
    :param is_read: whether it leaves everything as it is.
    :param jobs_changed: returns the jobs that a call has created or changed, from its request and its
        result. Jobs whose status changes later, as a consequence, are reported as transitions instead.
    """

    run: Run
    is_read: bool
    jobs_changed: JobsChanged


def _no_jobs(_request: Request, _result: Mapping[str, Any]) -> Iterable[Job]:
    return ()


def _reads(run: Run) -> Operation:
    return Operation(run, is_read=True, jobs_changed=_no_jobs)


def _writes(run: Run, jobs_changed: JobsChanged = _no_jobs) -> Operation:
    return Operation(run, is_read=False, jobs_changed=jobs_changed)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "SubmitJob": _writes(submit_job.submit_job, submit_job.submitted_job),
    "DescribeJobs": _reads(describe_jobs.describe_jobs),
    "ListJobs": _reads(list_jobs.list_jobs),
    "CancelJob": _writes(cancel_and_terminate.cancel_job, cancel_and_terminate.job_in_request),
    "CancelJobs": _writes(cancel_and_terminate.cancel_jobs, cancel_and_terminate.jobs_in_request),
    "TerminateJob": _writes(cancel_and_terminate.terminate_job, cancel_and_terminate.job_in_request),
    "TerminateJobs": _writes(cancel_and_terminate.terminate_jobs, cancel_and_terminate.jobs_in_request),
    "CreateComputeEnvironment": _writes(compute_environments.create_compute_environment),
    "UpdateComputeEnvironment": _writes(compute_environments.update_compute_environment),
    "DeleteComputeEnvironment": _writes(compute_environments.delete_compute_environment),
    "DescribeComputeEnvironments": _reads(compute_environments.describe_compute_environments),
    "CreateJobQueue": _writes(job_queues.create_job_queue),
    "UpdateJobQueue": _writes(job_queues.update_job_queue),
    "DeleteJobQueue": _writes(job_queues.delete_job_queue),
    "DescribeJobQueues": _reads(job_queues.describe_job_queues),
    "GetJobQueueSnapshot": _reads(queue_snapshots.get_job_queue_snapshot),
    "CreateSchedulingPolicy": _writes(scheduling_policies.create_scheduling_policy),
    "UpdateSchedulingPolicy": _writes(scheduling_policies.update_scheduling_policy),
    "DeleteSchedulingPolicy": _writes(scheduling_policies.delete_scheduling_policy),
    "DescribeSchedulingPolicies": _reads(scheduling_policies.describe_scheduling_policies),
    "ListSchedulingPolicies": _reads(scheduling_policies.list_scheduling_policies),
    "CreateConsumableResource": _writes(consumable_resources.create_consumable_resource),
    "UpdateConsumableResource": _writes(consumable_resources.update_consumable_resource),
    "DeleteConsumableResource": _writes(consumable_resources.delete_consumable_resource),
    "DescribeConsumableResource": _reads(consumable_resources.describe_consumable_resource),
    "ListConsumableResources": _reads(consumable_resources.list_consumable_resources),
    "ListJobsByConsumableResource": _reads(consumable_requirements.list_jobs_by_consumable_resource),
    "RegisterJobDefinition": _writes(job_definitions.register_job_definition),
    "DeregisterJobDefinition": _writes(job_definitions.deregister_job_definition),
    "DescribeJobDefinitions": _reads(job_definitions.describe_job_definitions),
    "TagResource": _writes(tags.tag_resource, tags.tagged_job),
    "UntagResource": _writes(tags.untag_resource, tags.tagged_job),
    "ListTagsForResource": _reads(tags.list_tags_for_resource),
}
