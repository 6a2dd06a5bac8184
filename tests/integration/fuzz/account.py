"""The resources that random requests refer to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

ARN = "arn:aws:batch:us-east-1:123456789012:"
POLICY = f"{ARN}scheduling-policy/sp"
CONTAINER = {"image": "x", "command": ["run"], "vcpus": 1, "memory": 512}
RESOURCES = [
    (
        "CreateComputeEnvironment",
        {
            "computeEnvironmentName": "ce",
            "type": "MANAGED",
            "computeResources": {"type": "EC2", "maxvCpus": 4},
        },
    ),
    ("CreateSchedulingPolicy", {"name": "sp"}),
    ("CreateConsumableResource", {"consumableResourceName": "cr", "totalQuantity": 5}),
    (
        "CreateJobQueue",
        {
            "jobQueueName": "q",
            "priority": 1,
            "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}],
        },
    ),
    (
        "CreateJobQueue",
        {
            "jobQueueName": "fair",
            "priority": 2,
            "schedulingPolicyArn": POLICY,
            "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}],
        },
    ),
    (
        "RegisterJobDefinition",
        {"jobDefinitionName": "d", "type": "container", "containerProperties": CONTAINER},
    ),
]


def create_resources(call: Callable[[str, Any], Any]) -> None:
    """Create the resources that do not exist yet."""
    for operation, params in RESOURCES:
        call(operation, params)


def known_values(job_ids: st.SearchStrategy[str]) -> Mapping[str, st.SearchStrategy[Any]]:
    """
    Return strategies for the members of a valid request.

    :param job_ids: ids of jobs that exist.
    """
    queues = st.sampled_from(["q", "q", "fair", f"{ARN}job-queue/q"])
    environments = st.sampled_from(["ce", "ce", f"{ARN}compute-environment/ce"])
    names = st.text("abc", min_size=1, max_size=2)
    return {
        "jobQueue": queues,
        "jobQueues": st.lists(queues, max_size=2),
        "jobDefinition": st.sampled_from(["d", "d", "d:1"]),
        "computeEnvironment": environments,
        "computeEnvironments": st.lists(environments, max_size=2),
        "consumableResource": st.just("cr"),
        "schedulingPolicyArn": st.just(POLICY),
        "arn": st.just(POLICY),
        "resourceArn": st.sampled_from([f"{ARN}job-queue/q", f"{ARN}job-definition/d:1", POLICY]),
        "computeEnvironmentOrder": st.just([{"order": 1, "computeEnvironment": "ce"}]),
        "tagKeys": st.just(["a"]),
        "jobId": job_ids,
        "arrayJobId": job_ids,
        "jobs": st.lists(job_ids, max_size=3),
        "jobName": names,
        "jobQueueName": names,
        "jobDefinitionName": st.just("d") | names,
        "computeEnvironmentName": names,
        "consumableResourceName": names,
        "name": names | st.sampled_from(["JOB_NAME", "AFTER_CREATED_AT", "JOB_STATUS"]),
        "operation": st.sampled_from(["SET", "ADD", "REMOVE"]),
        "containerProperties": st.just(CONTAINER),
        "shareIdentifier": st.sampled_from(["a", "b"]),
        "reason": st.just("because"),
        "size": st.integers(2, 4),
        "attemptDurationSeconds": st.integers(60, 90),
        "action": st.sampled_from(["RETRY", "exit"]),
        "resourceType": st.just("REPLENISHABLE"),
        "value": st.sampled_from(["1", "2", "64"]),
        "command": st.just(["run"]),
        "nextToken": st.none(),
    }
