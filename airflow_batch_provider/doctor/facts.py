"""The resources of an account as typed values; only this module reads AWS's responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FARGATE = "FARGATE"


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """
    A compute environment.

    :param instance_types: instance types and families; empty on Fargate.
    """

    name: str
    state: str
    status: str
    status_reason: str | None
    is_fargate: bool
    max_vcpus: int | None
    instance_types: tuple[str, ...] = ()

    @classmethod
    def from_aws(cls, detail: Mapping[str, Any]) -> EnvironmentFacts:
        resources = detail.get("computeResources", {})
        return cls(
            name=detail["computeEnvironmentName"],
            state=detail.get("state", "ENABLED"),
            status=detail.get("status", "VALID"),
            status_reason=detail.get("statusReason"),
            is_fargate=str(resources.get("type", "")).startswith(_FARGATE),
            max_vcpus=resources.get("maxvCpus"),
            instance_types=tuple(resources.get("instanceTypes", ())),
        )

    @property
    def accepts_jobs(self) -> bool:
        return self.state == "ENABLED" and self.status not in ("INVALID", "DELETING", "DELETED")


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A job queue with its compute environments, in the queue's order."""

    name: str
    state: str
    status: str
    status_reason: str | None
    has_policy: bool
    environments: tuple[EnvironmentFacts, ...]

    @classmethod
    def from_aws(cls, detail: Mapping[str, Any], environments: Mapping[str, EnvironmentFacts]) -> QueueFacts:
        order = sorted(detail.get("computeEnvironmentOrder", ()), key=lambda entry: int(entry["order"]))
        arns = [entry["computeEnvironment"] for entry in order]
        return cls(
            name=detail["jobQueueName"],
            state=detail.get("state", "ENABLED"),
            status=detail.get("status", "VALID"),
            status_reason=detail.get("statusReason"),
            has_policy=bool(detail.get("schedulingPolicyArn")),
            environments=tuple(environments[arn] for arn in arns if arn in environments),
        )

    @property
    def usable(self) -> tuple[EnvironmentFacts, ...]:
        return tuple(each for each in self.environments if each.accepts_jobs)


@dataclass(frozen=True, slots=True)
class DefinitionFacts:
    """
    One revision of a job definition.

    :param requirements: ``VCPU``, ``MEMORY`` (MiB) and ``GPU`` as strings.
    """

    name: str
    status: str
    is_fargate: bool
    requirements: Mapping[str, str]
    log_group: str | None = None

    @classmethod
    def from_aws(cls, detail: Mapping[str, Any]) -> DefinitionFacts:
        container = detail.get("containerProperties", {})
        return cls(
            name=f"{detail['jobDefinitionName']}:{detail['revision']}",
            status=detail.get("status", "ACTIVE"),
            is_fargate=_FARGATE in detail.get("platformCapabilities", ()),
            requirements=_requirements(container),
            log_group=container.get("logConfiguration", {}).get("options", {}).get("awslogs-group"),
        )


@dataclass(frozen=True, slots=True)
class InstanceSize:
    """The vCPUs and memory of an instance type."""

    name: str
    vcpus: int
    memory_mib: int


def _requirements(container: Mapping[str, Any]) -> dict[str, str]:
    deprecated_members = {"VCPU": container.get("vcpus"), "MEMORY": container.get("memory")}
    deprecated = {kind: str(value) for kind, value in deprecated_members.items() if value is not None}
    return deprecated | {
        entry["type"]: str(entry["value"])
        for entry in container.get("resourceRequirements", ())
        if isinstance(entry, Mapping)  # a job definition in a spec can have a template here
    }
