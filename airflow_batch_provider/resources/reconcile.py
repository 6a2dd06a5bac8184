"""Brings resources to what the spec wants, or away, one step at a time; each step can be the first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from airflow_batch_provider.errors import ResourceError
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.changes import Action, Change, refuse_impossible
from airflow_batch_provider.resources.observed import ObservedResource, ResourceReference, ResourceStatus
from airflow_batch_provider.spec.language.resources import MANAGED_BY

log = logging.getLogger(__name__)

Report = Callable[[str], None]
Pending = tuple[ResourceReference, ...]
"""The resources that AWS Batch is still busy with."""


class Reconciler:
    """
    Creates and updates resources in the order in which they need each other.

    What has been done is seen from AWS alone: a run that ended in the middle is taken up by the
    next one, wherever that is.

    :param report: told in one line of everything that is done.
    :param adopt: take over what was made by others.
    :param updated: resources that were updated already, by an earlier step.
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
        Compare everything before anything is done.

        :raises ResourceError: one of the resources cannot be made what the spec wants.
        """
        refuse_impossible(self._account.changes(desired, adopt=self._adopt))

    def step(self, desired: Sequence[DesiredResource]) -> Pending:
        """
        Do what can be done now; those of one kind at once.

        :returns: what has to settle before the next step; nothing when all is as it should be.
        :raises ResourceError: a resource is not what the spec wants, and cannot be made so.
        """
        for _, of_a_kind in groupby(desired, key=lambda resource: resource.kind):
            pending = tuple(filter(None, map(self._bring, of_a_kind)))
            if pending:
                return pending
        return ()

    def _bring(self, desired: DesiredResource) -> ResourceReference | None:
        reference = ResourceReference(desired.kind, desired.name)
        change = self._account.change(desired, adopt=self._adopt)
        if change.observed is not None and not change.observed.status.is_settled:
            return reference
        if change.action is Action.KEEP:
            _refuse_invalid(change.observed)
            return None
        refuse_impossible([change])
        self._refuse_to_repeat(change)
        self._account.make(change)
        self._report(_what_is_done(change))
        return reference

    def _refuse_to_repeat(self, change: Change) -> None:
        """Stop where AWS answers another value than it was given: updating again would never end."""
        if str(change.desired) not in self.updated:
            self.updated.add(str(change.desired))
            return
        members = ", ".join(
            f"{each.name} (spec: {each.after!r}, AWS: {each.before!r})"
            for each in (*change.differences, *change.tags)
        )
        raise ResourceError(
            f"{change.desired} was updated and still differs in {members}; "
            "write what AWS answers, or leave it out"
        )


class Remover:
    """
    Deletes resources in reverse order, disabling them first as AWS demands; only what the spec has made.

    :param report: told in one line of everything that is done.
    :param force: delete a job queue even if it has jobs that have not ended; AWS terminates them.
    """

    def __init__(self, account: ResourceAccount, report: Report = log.info, *, force: bool = False) -> None:
        self._account = account
        self._report = report
        self._force = force

    def check(self, desired: Sequence[DesiredResource]) -> None:
        """
        Look for jobs that would be lost, before anything is done.

        :raises ResourceError: a job queue has jobs that have not ended.
        """
        if self._force:
            return
        for resource in desired:
            observed = self._account.find(resource)
            if observed is None or not _is_ours(observed, resource):
                continue
            if resource.kind is ResourceKind.JOB_QUEUE and (job := self._account.a_live_job(resource.name)):
                raise ResourceError(
                    f"nothing was deleted: {resource} has jobs that have not ended, such as {job}; "
                    "wait for them, 'airflow-batch cancel' them, or say --force to have AWS terminate them"
                )

    def step(self, desired: Sequence[DesiredResource]) -> Pending:
        """
        Do what can be done now; those of one kind at once.

        :returns: what has to settle before the next step; nothing when all is gone.
        """
        backwards = list(reversed(desired))
        for _, of_a_kind in groupby(backwards, key=lambda resource: resource.kind):
            pending = tuple(filter(None, map(self._remove, of_a_kind)))
            if pending:
                return pending
        return ()

    def left_alone(self, desired: Sequence[DesiredResource]) -> list[ObservedResource]:
        """List the resources that the spec names and has not made."""
        found = ((resource, self._account.find(resource)) for resource in desired)
        return [there for resource, there in found if there is not None and not _is_ours(there, resource)]

    def _remove(self, desired: DesiredResource) -> ResourceReference | None:
        observed = self._account.find(desired)
        if observed is None or not _is_ours(observed, desired):
            return None
        if not observed.status.is_settled:
            return observed.reference
        if observed.is_enabled:
            self._account.disable(observed)
            return observed.reference
        self._account.delete(observed)
        self._report(f"deleted {desired}")
        return observed.reference


def _refuse_invalid(observed: ObservedResource | None) -> None:
    if observed is not None and observed.status is ResourceStatus.INVALID:
        reason = observed.status_reason or "AWS says no reason"
        raise ResourceError(
            f"{observed} is INVALID: {reason}. Correct its settings, or delete it and apply again"
        )


def _is_ours(observed: ObservedResource, desired: DesiredResource) -> bool:
    return observed.owner == desired.tags[MANAGED_BY]


def _what_is_done(change: Change) -> str:
    if change.action is Action.CREATE:
        return f"created {change.desired}"
    if change.action is Action.REGISTER:
        return f"registered a new revision of {change.desired}"
    changed = ", ".join(f"{each.name} = {each.after!r}" for each in (*change.differences, *change.tags))
    return f"updated {change.desired}: {changed}"
