"""Resources as AWS Batch describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.spec.language.resources import MANAGED_BY

if TYPE_CHECKING:
    from airflow_batch_provider.plan.resources import ResourceKind

MemberPath = tuple[str, ...]
"""The path of a member in a request, in AWS's names."""


class ResourceStatus(StrEnum):
    """The status of a compute environment or job queue; other resources count as VALID."""

    CREATING = "CREATING"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    VALID = "VALID"
    INVALID = "INVALID"

    @property
    def is_settled(self) -> bool:
        return self in (ResourceStatus.VALID, ResourceStatus.INVALID)


@dataclass(frozen=True, slots=True)
class ResourceReference:
    """The kind and name of a resource."""

    kind: ResourceKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


@dataclass(frozen=True, slots=True)
class ObservedResource:
    """
    A resource that exists in AWS Batch.

    :param members: AWS's description, in the shape of the create operation.
    :param arn: for a job definition, the ARN of the revision.
    """

    kind: ResourceKind
    name: str
    arn: str
    members: Mapping[str, Any]
    status: ResourceStatus = ResourceStatus.VALID
    status_reason: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"

    @property
    def reference(self) -> ResourceReference:
        return ResourceReference(self.kind, self.name)

    @property
    def owner(self) -> str | None:
        """The owner, from the tag ``managed-by``."""
        return self.tags.get(MANAGED_BY)

    @property
    def is_enabled(self) -> bool:
        return self.members.get("state") == "ENABLED"
