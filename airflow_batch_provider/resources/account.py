"""The resources of an account, of whichever kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.changes import Action, Change, UpdatableMembers, change_of
from airflow_batch_provider.resources.kinds import (
    ComputeEnvironments,
    JobDefinitions,
    JobQueues,
    ResourceCalls,
    SchedulingPolicies,
)
from airflow_batch_provider.resources.observed import ObservedResource, ResourceReference

_LIVE: Final = ("RUNNING", "STARTING", "RUNNABLE", "PENDING", "SUBMITTED")


class ResourceAccount:
    """
    Finds and changes resources.

    :param api: a boto3 client for Batch.
    """

    def __init__(self, api: Any) -> None:
        self._api = api
        environments, policies = ComputeEnvironments(api), SchedulingPolicies(api)
        self._calls: Mapping[ResourceKind, ResourceCalls] = {
            ResourceKind.COMPUTE_ENVIRONMENT: environments,
            ResourceKind.SCHEDULING_POLICY: policies,
            ResourceKind.JOB_QUEUE: JobQueues(api, environments, policies),
            ResourceKind.JOB_DEFINITION: JobDefinitions(api),
        }
        self._updatable = UpdatableMembers(api)

    def find(self, resource: DesiredResource | ResourceReference) -> ObservedResource | None:
        """Describe a resource; None if there is none."""
        return self._calls[resource.kind].find(resource.name)

    def changes(self, desired: Iterable[DesiredResource], *, adopt: bool = False) -> list[Change]:
        """Compare resources with the spec."""
        return [self.change(resource, adopt=adopt) for resource in desired]

    def change(self, desired: DesiredResource, *, adopt: bool = False) -> Change:
        """Compare one resource with the spec."""
        return change_of(desired, self.find(desired), self._updatable, adopt=adopt)

    def make(self, change: Change) -> None:
        """Begin to create or update a resource."""
        calls = self._calls[change.desired.kind]
        if change.observed is None or change.action is Action.CREATE:
            calls.create(change.desired)
            return
        if change.action in (Action.UPDATE, Action.REGISTER) and change.differences:
            calls.update(change.observed, change.desired, [each.path for each in change.differences])
        if change.tags and change.action is not Action.REGISTER:  # a new revision brings its tags
            tags = {each.path[1]: each.after for each in change.tags}
            self._api.tag_resource(resourceArn=change.observed.arn, tags=tags)

    def disable(self, observed: ObservedResource) -> None:
        """Begin to let a resource take no jobs any more."""
        self._calls[observed.kind].disable(observed)

    def delete(self, observed: ObservedResource) -> None:
        """Begin to delete a resource."""
        self._calls[observed.kind].delete(observed)

    def a_live_job(self, job_queue: str) -> str | None:
        """Name a job of a queue that has not ended; None if there is none."""
        for status in _LIVE:
            listed = self._api.list_jobs(jobQueue=job_queue, jobStatus=status, maxResults=1)
            for job in listed["jobSummaryList"]:
                return f"{job['jobName']} ({job['jobId']}, {status})"
        return None
