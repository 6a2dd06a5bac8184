"""Create the resources that the jobs of workflows need in an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.plan.model import WorkflowPlan


def provide_for(plans: Iterable[WorkflowPlan], account: LocalBatchRegion) -> None:
    """Create the queues, job definitions and consumable resources that plans refer to."""
    requests = [dict(job.request) for plan in plans for job in plan.jobs]
    shared = {request["jobQueue"] for request in requests if "shareIdentifier" in request}
    create_account(
        account,
        queues={request["jobQueue"]: request["jobQueue"] in shared for request in requests},
        definitions={each["jobDefinition"] for each in requests if isinstance(each["jobDefinition"], str)},
        consumables={name for request in requests for name in _consumables(request)},
    )


def create_account(
    account: LocalBatchRegion,
    queues: Mapping[str, bool],
    definitions: Iterable[str] = (),
    consumables: Iterable[str] = (),
) -> None:
    """
    Create queues, job definitions and consumable resources.

    :param queues: for each name, whether the queue has a scheduling policy. A queue with a policy accepts
        only jobs with share identifiers; a queue without one accepts only jobs without.
    """
    batch = account.client()
    account.create_queue("plain")
    policy = batch.create_scheduling_policy(name="fair", fairsharePolicy={"shareDecaySeconds": 60})
    for queue, is_shared in queues.items():
        batch.create_job_queue(
            jobQueueName=queue,
            priority=1,
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "plain"}],
            **({"schedulingPolicyArn": policy["arn"]} if is_shared else {}),
        )
    for name in definitions:
        batch.register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={"image": "busybox", "vcpus": 1, "memory": 512, "command": ["true"]},
        )
    for name in consumables:
        batch.create_consumable_resource(consumableResourceName=name, totalQuantity=1)


def _consumables(request: Mapping[str, Any]) -> list[str]:
    member = request.get("consumableResourcePropertiesOverride", {})
    return [each["consumableResource"] for each in member.get("consumableResourceList", [])]
