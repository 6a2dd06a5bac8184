"""What would have to happen to a resource, and whether it may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.difference import Difference, differences
from airflow_batch_provider.resources.observed import ObservedResource, ResourceStatus
from airflow_batch_provider.spec.language.resources import MANAGED_BY

_SCALING: Final = frozenset({"minvCpus", "maxvCpus", "desiredvCpus", "scalingPolicy"})
"""What of ``computeResources`` can be updated whatever the allocation strategy; see
https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html."""

_SERVICE_LINKED_ROLE: Final = "AWSServiceRoleForBatch"


class Action(StrEnum):
    """What is to be done."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    REGISTER = "register a new revision of"
    REPLACE = "replace"
    """It differs in a way that AWS Batch cannot change in place; this is left to people."""
    REFUSE = "refuse to change"
    """It differs, and was not made by this spec."""


@dataclass(frozen=True, slots=True)
class Change:
    """
    What becomes of one resource.

    :param irreplaceable: the members because of which it would have to be replaced.
    :param tags: those that it lacks.
    """

    action: Action
    desired: DesiredResource
    observed: ObservedResource | None = None
    differences: tuple[Difference, ...] = ()
    irreplaceable: tuple[Difference, ...] = ()
    tags: tuple[Difference, ...] = ()

    @property
    def is_change(self) -> bool:
        return self.action is not Action.KEEP


def change_of(
    desired: DesiredResource,
    observed: ObservedResource | None,
    updatable: UpdatableMembers,
    *,
    adopt: bool = False,
) -> Change:
    """
    Compare a resource with the spec.

    A resource that this spec has not made is used as it is; only where it differs in what the
    author wrote, something would have to be done, and that is not ours to do.

    :param adopt: take over what was made by others.
    """
    if observed is None or observed.status is ResourceStatus.DELETING:
        return Change(Action.CREATE, desired, observed)
    found = tuple(differences(desired.request, observed.members))
    is_ours = observed.owner == desired.tags[MANAGED_BY]
    tags = tuple(_tag_differences(desired, observed)) if is_ours or adopt else ()
    if not found and not tags:
        return Change(Action.KEEP, desired, observed)
    irreplaceable = tuple(each for each in found if not updatable.includes(observed, each))
    action = _action(desired, is_ours or adopt, found, irreplaceable)
    return Change(action, desired, observed, found, irreplaceable, tags)


def refuse_impossible(changes: Iterable[Change]) -> None:
    """
    Stop before anything is done if one of the changes cannot be made.

    :raises ResourceError: the message lists all of them.
    """
    problems = [text for change in changes if (text := _problem(change))]
    if problems:
        raise ResourceError("nothing was changed:\n" + "\n".join(f"- {text}" for text in problems))


class UpdatableMembers:
    """
    Tells what AWS Batch can change in place: what its update operations take, with AWS's exceptions.

    :param api: a boto3 client for Batch; its service model is read, nothing is called.
    """

    def __init__(self, api: Any) -> None:
        self._model = api.meta.service_model

    def includes(self, observed: ObservedResource, difference: Difference) -> bool:
        """Tell whether a difference can be removed without making the resource anew."""
        path = difference.path
        if observed.kind is ResourceKind.JOB_DEFINITION:
            return True
        if observed.kind is ResourceKind.JOB_QUEUE:
            if path[0] == "schedulingPolicyArn" and difference.before is None:
                return False  # it can be replaced, never added
            return self._takes("UpdateJobQueue", path[:1])
        if observed.kind is ResourceKind.SCHEDULING_POLICY:
            return self._takes("UpdateSchedulingPolicy", path[:1])
        return self._takes("UpdateComputeEnvironment", path[:2]) and _may_be_rebuilt(observed, path)

    def _takes(self, operation: str, path: Sequence[str]) -> bool:
        shape = self._model.operation_model(operation).input_shape
        for member in path:
            members = getattr(shape, "members", {})
            if member not in members:
                return False
            shape = members[member]
        return True


def _may_be_rebuilt(observed: ObservedResource, path: Sequence[str]) -> bool:
    """Tell whether AWS can change the hosts of a compute environment, not only their number."""
    if path[0] != "computeResources" or (len(path) > 1 and path[1] in _SCALING):
        return True
    resources = observed.members.get("computeResources", {})
    if str(resources.get("type", "")).startswith("FARGATE"):
        return path[1:2] != ("type",)
    has_own_role = _SERVICE_LINKED_ROLE not in observed.members.get("serviceRole", _SERVICE_LINKED_ROLE)
    return resources.get("allocationStrategy", "BEST_FIT") != "BEST_FIT" and not has_own_role


def _action(
    desired: DesiredResource,
    is_ours: bool,
    found: Sequence[Difference],
    irreplaceable: Sequence[Difference],
) -> Action:
    if not is_ours:
        return Action.REFUSE
    if irreplaceable:
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
        maker = f"it is tagged '{MANAGED_BY}: {owner}'" if owner else f"it has no tag '{MANAGED_BY}'"
        members = ", ".join(each.name for each in change.differences)
        return (
            f"{change.desired} differs in {members}, but this spec has not made it: {maker}. "
            "Leave these members out of the spec to use it as it is, choose another name, "
            "or take it over with --adopt"
        )
    if change.action is Action.REPLACE:
        members = ", ".join(
            f"{each.name} ({each.before!r} → {each.after!r})" for each in change.irreplaceable
        )
        return (
            f"{change.desired} would have to be replaced: AWS Batch cannot change {members} in place"
            f"{_because(change)}. Give it a new name in the spec, which makes a second one and moves the job "
            "queues to it, or delete it first ('airflow-batch resources delete')"
        )
    return None


def _because(change: Change) -> str:
    if change.desired.kind is ResourceKind.COMPUTE_ENVIRONMENT and any(
        each.path[0] == "computeResources" for each in change.irreplaceable
    ):
        return " (with the allocation strategy BEST_FIT, AWS's default, or a service role of your own)"
    return ""
