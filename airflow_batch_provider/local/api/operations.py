"""Which function answers which operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from airflow_batch_provider.local.api import (
    compute_environments,
    consumable_needs,
    consumable_resources,
    described_jobs,
    ending,
    job_definitions,
    job_queues,
    listing,
    scheduling_policies,
    snapshots,
    submit,
    tags,
)
from airflow_batch_provider.local.api.request import Operation

OPERATIONS: Final[Mapping[str, Operation]] = {
    "SubmitJob": submit.submit_job,
    "DescribeJobs": described_jobs.describe_jobs,
    "ListJobs": listing.list_jobs,
    "CancelJob": ending.cancel_job,
    "CancelJobs": ending.cancel_jobs,
    "TerminateJob": ending.terminate_job,
    "TerminateJobs": ending.terminate_jobs,
    "CreateComputeEnvironment": compute_environments.create_compute_environment,
    "UpdateComputeEnvironment": compute_environments.update_compute_environment,
    "DeleteComputeEnvironment": compute_environments.delete_compute_environment,
    "DescribeComputeEnvironments": compute_environments.describe_compute_environments,
    "CreateJobQueue": job_queues.create_job_queue,
    "UpdateJobQueue": job_queues.update_job_queue,
    "DeleteJobQueue": job_queues.delete_job_queue,
    "DescribeJobQueues": job_queues.describe_job_queues,
    "GetJobQueueSnapshot": snapshots.get_job_queue_snapshot,
    "CreateSchedulingPolicy": scheduling_policies.create_scheduling_policy,
    "UpdateSchedulingPolicy": scheduling_policies.update_scheduling_policy,
    "DeleteSchedulingPolicy": scheduling_policies.delete_scheduling_policy,
    "DescribeSchedulingPolicies": scheduling_policies.describe_scheduling_policies,
    "ListSchedulingPolicies": scheduling_policies.list_scheduling_policies,
    "CreateConsumableResource": consumable_resources.create_consumable_resource,
    "UpdateConsumableResource": consumable_resources.update_consumable_resource,
    "DeleteConsumableResource": consumable_resources.delete_consumable_resource,
    "DescribeConsumableResource": consumable_resources.describe_consumable_resource,
    "ListConsumableResources": consumable_resources.list_consumable_resources,
    "ListJobsByConsumableResource": consumable_needs.list_jobs_by_consumable_resource,
    "RegisterJobDefinition": job_definitions.register_job_definition,
    "DeregisterJobDefinition": job_definitions.deregister_job_definition,
    "DescribeJobDefinitions": job_definitions.describe_job_definitions,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
}
