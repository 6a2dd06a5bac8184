"""
Valid requests. A case says how its request differs from one of them.

Changes replace members; ``None`` removes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.aws_requests.case import Registration, Submission

Changes = Mapping[str, Any]

ROLE: Final = "arn:aws:iam::123456789012:role/execution"
DEFINITION: Final = "definition"
QUEUE: Final = "queue"
FARGATE_QUEUE: Final = "fargate"
SHARES_QUEUE: Final = "shares"
DISABLED_QUEUE: Final = "disabled"
RESOURCE: Final = "license"
JOBS: Final = tuple(f"{number:08}-0000-4000-8000-000000000000" for number in range(21))
"""IDs of jobs that exist."""

ARRAY_OF_3: Final = "aaaaaaaa-0000-4000-8000-000000000000"
"""The ID of an array job that exists."""

UNKNOWN_JOB: Final = "ffffffff-0000-4000-8000-000000000000"


def requirements(vcpu: str | None = None, memory: str | None = None, gpu: str | None = None) -> Any:
    """Return ``resourceRequirements``."""
    amounts = {"VCPU": vcpu, "MEMORY": memory, "GPU": gpu}
    return [{"type": kind, "value": value} for kind, value in amounts.items() if value is not None]


def changed(base: Changes, changes: Changes) -> dict[str, Any]:
    """Return the base with the changes; ``None`` removes a member."""
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def ec2(container: Changes | None = None, **members: Any) -> Registration:
    properties = {"image": "busybox", "command": ["true"], "resourceRequirements": requirements("1", "512")}
    return _definition({"containerProperties": changed(properties, container or {})}, members)


def legacy(container: Changes | None = None, **members: Any) -> Registration:
    """Return a definition with the deprecated ``vcpus`` and ``memory``."""
    properties = {"image": "busybox", "command": ["true"], "vcpus": 1, "memory": 512}
    return _definition({"containerProperties": changed(properties, container or {})}, members)


def fargate(container: Changes | None = None, **members: Any) -> Registration:
    properties = {
        "image": "busybox",
        "command": ["true"],
        "executionRoleArn": ROLE,
        "resourceRequirements": requirements("1", "2048"),
    }
    base = {
        "platformCapabilities": ["FARGATE"],
        "containerProperties": changed(properties, container or {}),
    }
    return _definition(base, members)


def container(name: str = "main", **changes: Any) -> dict[str, Any]:
    """Return a container of ``ecsProperties``."""
    base = {"name": name, "image": "busybox", "resourceRequirements": requirements("1", "512")}
    return changed(base, changes)


def ecs(containers: Sequence[Any] = (), task: Changes | None = None, **members: Any) -> Registration:
    properties = changed({"containers": list(containers or [container()])}, task or {})
    return _definition({"ecsProperties": {"taskProperties": [properties]}}, members)


def ecs_fargate(containers: Sequence[Any] = (), task: Changes | None = None, **members: Any) -> Registration:
    default = [container(resourceRequirements=requirements("1", "2048"))]
    role = {"executionRoleArn": ROLE, **(task or {})}
    return ecs(containers or default, role, platformCapabilities=["FARGATE"], **members)


def eks(container: Changes | None = None, pod: Changes | None = None, **members: Any) -> Registration:
    limits = {"limits": {"cpu": "1", "memory": "512Mi"}}
    one = changed({"name": "main", "image": "busybox", "resources": limits}, container or {})
    return _definition(
        {"eksProperties": {"podProperties": changed({"containers": [one]}, pod or {})}}, members
    )


def multinode(nodes: Changes | None = None, **members: Any) -> Registration:
    properties = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [node_range("0:1")]}
    return _definition({"type": "multinode", "nodeProperties": changed(properties, nodes or {})}, members)


def node_range(nodes: str, **container: Any) -> dict[str, Any]:
    return {"targetNodes": nodes, "container": ec2(container)["containerProperties"]}


def submit(definition: Registration | None = None, **members: Any) -> Submission:
    """Return a job of a definition, by default of :func:`ec2`."""
    chosen = ec2() if definition is None else definition
    is_fargate = "FARGATE" in chosen.get("platformCapabilities", [])
    base = {
        "jobName": "job",
        "jobQueue": FARGATE_QUEUE if is_fargate else QUEUE,
        "jobDefinition": DEFINITION,
    }
    return Submission(changed(base, members), chosen)


def override(definition: Registration | None = None, **members: Any) -> Submission:
    """Return a job with ``containerOverrides``."""
    return submit(definition, containerOverrides=members)


def override_task(*containers: Any, definition: Registration | None = None) -> Submission:
    """Return a job with ``ecsPropertiesOverride``, by default of :func:`ecs`."""
    chosen = ecs() if definition is None else definition
    return submit(chosen, ecsPropertiesOverride={"taskProperties": [{"containers": list(containers)}]})


def _definition(base: Changes, members: Changes) -> Registration:
    return changed({"jobDefinitionName": DEFINITION, "type": "container", **base}, members)
