"""Compare a resource with the spec and decide how to change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.difference import Difference, compare_members
from airflow_batch_provider.resources.observed import ObservedResource, ResourceStatus
from airflow_batch_provider.spec.language.resources import MANAGED_BY

_SCALING: Final = frozenset({"minvCpus", "maxvCpus", "desiredvCpus", "scalingPolicy"})
"""The members of ``computeResources`` that can be updated with any allocation strategy; see
https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html."""

_SERVICE_LINKED_ROLE: Final = "AWSServiceRoleForBatch"


class Action(StrEnum):
    """How a resource must change to match the spec."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    REGISTER = "register a new revision of"
    REPLACE = "replace"
    """AWS Batch cannot apply the difference in place; the user has to replace the resource."""
    REFUSE = "refuse to change"
    """The resource differs, but this spec does not own it."""


@dataclass(frozen=True, slots=True)
class Change:
    """
    The change of one resource.

    :param immutable: the differences that AWS Batch cannot apply in place.
    :param tags: the tags that are missing or differ.
    """

    action: Action
    desired: DesiredResource
    observed: ObservedResource | None = None
    differences: tuple[Difference, ...] = ()
    immutable: tuple[Difference, ...] = ()
    tags: tuple[Difference, ...] = ()

    @property
    def is_change(self) -> bool:
        return self.action is not Action.KEEP


def plan_change(
    desired: DesiredResource,
    observed: ObservedResource | None,
    updatable: UpdatableMembers,
    *,
    adopt: bool = False,
) -> Change:
    """
    Compare a resource with the spec and return the change.

    A resource that this spec does not own is used unchanged if it matches the spec. If it differs,
    the change is refused.

    :param adopt: take ownership of a resource that another owner created.
    """
    # The name becomes free when the deletion has finished; the reconciler waits for that.
    if observed is None or observed.status is ResourceStatus.DELETING:
        return Change(Action.CREATE, desired, observed)
    found = tuple(compare_members(desired.request, observed.members))
    is_owned = observed.owner == desired.tags[MANAGED_BY]
    tags = tuple(_tag_differences(desired, observed)) if is_owned or adopt else ()
    if not found and not tags:
        return Change(Action.KEEP, desired, observed)
    immutable = tuple(each for each in found if not updatable.includes(observed, each))
    action = _action(desired, is_owned or adopt, found, immutable)
    return Change(action, desired, observed, found, immutable, tags)


def raise_if_blocked(changes: Iterable[Change]) -> None:
    """
    Raise if a change cannot be made, before any change is made.

    :raises ResourceError: at least one change is refused or requires a replacement; the message
        lists all of them.
    """
    problems = [text for change in changes if (text := _problem(change))]
    if problems:
        raise ResourceError("nothing was changed:\n" + "\n".join(f"- {text}" for text in problems))


class UpdatableMembers:
    """
    The members that AWS Batch can change in place: those of its update operations, with exceptions.

    :param api: a boto3 client for AWS Batch; only its service model is read.
    """

    def __init__(self, api: Any) -> None:
        self._model = api.meta.service_model

    def includes(self, observed: ObservedResource, difference: Difference) -> bool:
        """Return whether AWS Batch can apply a difference without replacing the resource."""
        path = difference.path
        if observed.kind is ResourceKind.JOB_DEFINITION:
            return True
        if observed.kind is ResourceKind.JOB_QUEUE:
            if path[0] == "schedulingPolicyArn" and difference.before is None:
                return False  # AWS Batch can replace a policy but not add one
            return self._accepts("UpdateJobQueue", path[:1])
        if observed.kind is ResourceKind.SCHEDULING_POLICY:
            return self._accepts("UpdateSchedulingPolicy", path[:1])
        return self._accepts("UpdateComputeEnvironment", path[:2]) and _can_update_hosts(observed, path)

    def _accepts(self, operation: str, path: Sequence[str]) -> bool:
        shape = self._model.operation_model(operation).input_shape
        for member in path:
            members = getattr(shape, "members", {})
            if member not in members:
                return False
            shape = members[member]
        return True


def _can_update_hosts(observed: ObservedResource, path: Sequence[str]) -> bool:
    """Return whether AWS can update the hosts of a compute environment, not only their number."""
    if path[0] != "computeResources" or (len(path) > 1 and path[1] in _SCALING):
        return True
    resources = observed.members.get("computeResources", {})
    if str(resources.get("type", "")).startswith("FARGATE"):
        return path[1:2] != ("type",)
    # An update of the hosts requires the service-linked role and an allocation strategy other than BEST_FIT:
    # https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
    has_own_role = _SERVICE_LINKED_ROLE not in observed.members.get("serviceRole", _SERVICE_LINKED_ROLE)
    return resources.get("allocationStrategy", "BEST_FIT") != "BEST_FIT" and not has_own_role


def _action(
    desired: DesiredResource,
    is_owned: bool,
    found: Sequence[Difference],
    immutable: Sequence[Difference],
) -> Action:
    if not is_owned:
        return Action.REFUSE
    if immutable:
        return Action.REPLACE
    is_definition = desired.kind is ResourceKind.JOB_DEFINITION
    return Action.REGISTER if is_definition and found else Action.UPDATE


def _tag_differences(desired: DesiredResource, observed: ObservedResource) -> list[Difference]:
    return [
        Difference(("tags", key), observed.tags.get(key), value)
        for key, value in desired.tags.items()
        if observed.tags.get(key) != value
    ]


def _problem(change: Change) -> str | None:
    if change.action is Action.REFUSE:
        owner = change.observed.owner if change.observed else None
        tag = f"it is tagged '{MANAGED_BY}: {owner}'" if owner else f"it has no tag '{MANAGED_BY}'"
        members = ", ".join(each.name for each in change.differences)
        return (
            f"{change.desired} differs in {members}, but this spec does not own it: {tag}. "
            "To use it unchanged, remove these members from the spec; to create a separate resource, "
            "change the name; to take ownership, use --adopt (operator: adopt=True)"
        )
    if change.action is Action.REPLACE:
        members = ", ".join(f"{each.name} ({each.before!r} → {each.after!r})" for each in change.immutable)
        return (
            f"{change.desired} must be replaced: AWS Batch cannot change {members} in place"
            f"{_explain(change)}. Rename it in the spec to create a second one and move the job queues to "
            "it, or delete it first in the AWS console ('airflow-batch resources delete' deletes all "
            "resources "
            "of the spec)"
        )
    return None


def _explain(change: Change) -> str:
    if change.desired.kind is ResourceKind.COMPUTE_ENVIRONMENT and any(
        each.path[0] == "computeResources" for each in change.immutable
    ):
        return " if the allocation strategy is BEST_FIT (AWS's default) or a custom service role is set"
    return ""
