"""
Create, update and delete resources, in idempotent steps.

Each step depends only on what AWS Batch describes, so an interrupted run can continue anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.changes import Action, Change, raise_if_blocked
from airflow_batch_provider.resources.observed import ObservedResource, ResourceReference, ResourceStatus
from airflow_batch_provider.spec.language.resources import MANAGED_BY

if TYPE_CHECKING:
    from airflow_batch_provider.resources.account import ResourceAccount

log = logging.getLogger(__name__)

Report = Callable[[str], None]
Pending = tuple[ResourceReference, ...]
"""The resources that AWS Batch is still creating, updating or deleting."""


class Reconciler:
    """
    Create and update resources in dependency order.

    :param report: called with one line for each change.
    :param adopt: take ownership of resources that another owner created.
    :param updated: the resources that earlier steps have updated.
    """

    def __init__(
        self,
        account: ResourceAccount,
        report: Report = log.info,
        *,
        adopt: bool = False,
        updated: Iterable[str] = (),
    ) -> None:
        self._account = account
        self._report = report
        self._adopt = adopt
        self.updated = set(updated)

    def check(self, desired: Sequence[DesiredResource]) -> None:
        """
        Compare all resources with the spec before changing any.

        :raises ResourceError: a resource cannot be changed to match the spec.
        """
        raise_if_blocked(self._account.changes(desired, adopt=self._adopt))

    def step(self, desired: Sequence[DesiredResource]) -> Pending:
        """
        Start the next changes: all resources of one kind together.

        :returns: the resources to wait for before the next step; empty when all match the spec.
        :raises ResourceError: a resource cannot be changed to match the spec.
        """
        # `desired` is in creation order, so that each kind is one group.
        # A job queue can use a compute environment only once it is VALID.
        for _, of_a_kind in groupby(desired, key=lambda resource: resource.kind):
            pending = tuple(filter(None, map(self._reconcile, of_a_kind)))
            if pending:
                return pending
        return ()

    def _reconcile(self, desired: DesiredResource) -> ResourceReference | None:
        reference = ResourceReference(desired.kind, desired.name)
        change = self._account.change(desired, adopt=self._adopt)
        # AWS Batch rejects changes to a resource that is being modified.
        if change.observed is not None and not change.observed.status.is_settled:
            return reference
        if change.action is Action.KEEP:
            _raise_if_invalid(change.observed)
            return None
        raise_if_blocked([change])
        self._raise_if_repeated(change)
        self._account.apply(change)
        self._report(_describe_change(change))
        return reference

    def _raise_if_repeated(self, change: Change) -> None:
        """Raise if AWS keeps another value than it was sent: repeating the update would never end."""
        if str(change.desired) not in self.updated:
            self.updated.add(str(change.desired))
            return
        members = ", ".join(
            f"{each.name} (spec: {each.after!r}, AWS: {each.before!r})"
            for each in (*change.differences, *change.tags)
        )
        raise ResourceError(
            f"{change.desired} was updated but still differs in {members}; "
            "set AWS's value in the spec, or remove the member"
        )


class Remover:
    """
    Delete the resources that the spec owns, in reverse order; AWS requires disabling them first.

    :param report: called with one line for each deletion.
    :param force: delete a job queue even if it has jobs that have not ended; AWS terminates them.
    """

    def __init__(self, account: ResourceAccount, report: Report = log.info, *, force: bool = False) -> None:
        self._account = account
        self._report = report
        self._force = force

    def check(self, desired: Sequence[DesiredResource]) -> None:
        """
        Check for jobs that would be terminated before deleting anything.

        :raises ResourceError: a job queue has jobs that have not ended.
        """
        if self._force:
            return
        for resource in desired:
            observed = self._account.find(resource)
            if observed is None or not _is_owned(observed, resource):
                continue
            if resource.kind is ResourceKind.JOB_QUEUE and (
                job := self._account.find_live_job(resource.name)
            ):
                raise ResourceError(
                    f"nothing was deleted: {resource} has jobs that have not ended, such as {job}; wait for "
                    "them, cancel them with 'airflow-batch cancel', or use --force (operator: "
                    "force=True) to let AWS "
                    "terminate them"
                )

    def step(self, desired: Sequence[DesiredResource]) -> Pending:
        """
        Start the next deletions: all resources of one kind together.

        :returns: the resources to wait for before the next step; empty when all are deleted.
        """
        backwards = list(reversed(desired))
        for _, of_a_kind in groupby(backwards, key=lambda resource: resource.kind):
            pending = tuple(filter(None, map(self._remove, of_a_kind)))
            if pending:
                return pending
        return ()

    def find_not_owned(self, desired: Sequence[DesiredResource]) -> list[ObservedResource]:
        """Return the existing resources that the spec defines but does not own."""
        found = ((resource, self._account.find(resource)) for resource in desired)
        return [
            observed
            for resource, observed in found
            if observed is not None and not _is_owned(observed, resource)
        ]

    def _remove(self, desired: DesiredResource) -> ResourceReference | None:
        observed = self._account.find(desired)
        if observed is None or not _is_owned(observed, desired):
            return None
        if not observed.status.is_settled:
            return observed.reference
        # AWS Batch deletes only disabled resources. Disabling is asynchronous; the next step deletes:
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteJobQueue.html
        if observed.is_enabled:
            self._account.disable(observed)
            return observed.reference
        self._account.delete(observed)
        self._report(f"deleted {desired}")
        return observed.reference


def _raise_if_invalid(observed: ObservedResource | None) -> None:
    if observed is not None and observed.status is ResourceStatus.INVALID:
        reason = observed.status_reason or "AWS gives no reason"
        raise ResourceError(
            f"{observed} is INVALID: {reason}. Fix its settings, or delete it and apply again"
        )


def _is_owned(observed: ObservedResource, desired: DesiredResource) -> bool:
    return observed.owner == desired.tags[MANAGED_BY]


def _describe_change(change: Change) -> str:
    if change.action is Action.CREATE:
        return f"created {change.desired}"
    if change.action is Action.REGISTER:
        return f"registered a new revision of {change.desired}"
    changed = ", ".join(f"{each.name} = {each.after!r}" for each in (*change.differences, *change.tags))
    return f"updated {change.desired}: {changed}"
