"""Find, compare and change the AWS Batch resources of an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.resources.changes import Action, Change, UpdatableMembers, plan_change
from airflow_batch_provider.resources.kinds import (
    ComputeEnvironments,
    JobDefinitions,
    JobQueues,
    ResourceCalls,
    SchedulingPolicies,
)

if TYPE_CHECKING:
    from airflow_batch_provider.resources.observed import ObservedResource, ResourceReference

_LIVE: Final = ("RUNNING", "STARTING", "RUNNABLE", "PENDING", "SUBMITTED")


class ResourceAccount:
    """
    The AWS Batch resources of an account and Region.

    :param api: a boto3 client for AWS Batch.
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
        """Describe a resource; return None if it does not exist."""
        return self._calls[resource.kind].find(resource.name)

    def changes(self, desired: Iterable[DesiredResource], *, adopt: bool = False) -> list[Change]:
        """Compare resources with the spec and return one change for each."""
        return [self.change(resource, adopt=adopt) for resource in desired]

    def change(self, desired: DesiredResource, *, adopt: bool = False) -> Change:
        """Compare one resource with the spec and return the change."""
        return plan_change(desired, self.find(desired), self._updatable, adopt=adopt)

    def apply(self, change: Change) -> None:
        """Start creating or updating a resource; AWS Batch completes it asynchronously."""
        calls = self._calls[change.desired.kind]
        if change.observed is None or change.action is Action.CREATE:
            calls.create(change.desired)
            return
        if change.action in (Action.UPDATE, Action.REGISTER) and change.differences:
            calls.update(change.observed, change.desired, [each.path for each in change.differences])
        if change.tags and change.action is not Action.REGISTER:  # a new revision is registered with its tags
            tags = {each.path[1]: each.after for each in change.tags}
            self._api.tag_resource(resourceArn=change.observed.arn, tags=tags)

    def disable(self, observed: ObservedResource) -> None:
        """Start disabling a resource so that it accepts no more jobs."""
        self._calls[observed.kind].disable(observed)

    def delete(self, observed: ObservedResource) -> None:
        """Start deleting a resource."""
        self._calls[observed.kind].delete(observed)

    def find_live_job(self, job_queue: str) -> str | None:
        """Return the name, id and status of a job in a queue that has not ended; None if all have."""
        for status in _LIVE:
            listed = self._api.list_jobs(jobQueue=job_queue, jobStatus=status, maxResults=1)
            for job in listed["jobSummaryList"]:
                return f"{job['jobName']} ({job['jobId']}, {status})"
        return None
