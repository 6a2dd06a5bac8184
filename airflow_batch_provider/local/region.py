"""Everything that AWS Batch knows in one Region."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar
from uuid import uuid4

from airflow_batch_provider.local.arn import Place, name_of
from airflow_batch_provider.local.definitions import JobDefinitions
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.consumables import ConsumableResource
from airflow_batch_provider.local.lifecycle.effects import Transition
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec
from airflow_batch_provider.local.lifecycle.listing import QueueListing
from airflow_batch_provider.local.lifecycle.machine import EVERYTHING, Lifecycle
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
from airflow_batch_provider.local.memo import Memo
from airflow_batch_provider.local.update_tokens import UpdateTokens

Named = TypeVar("Named")
MOST_DESCRIPTIONS: Final = 20_000
"""Descriptions of jobs that are kept until the jobs change; they have about 1.5 kB."""

RETENTION_MS: Final = 7 * 24 * 3600 * 1000


class Region:
    """
    Jobs, queues, compute environments and definitions of one Region; pure, like the lifecycle.

    :param observe: told of every transition.
    :param host_millicpus: see :class:`Scheduler`.
    """

    def __init__(
        self,
        place: Place,
        observe: Callable[[Transition], None] = lambda _: None,
        host_millicpus: int | None = None,
    ) -> None:
        self.place = place
        self.definitions = JobDefinitions(place)
        self.environments: dict[str, ComputeEnvironment] = {}
        self.policies: dict[str, SchedulingPolicy] = {}
        self.consumables: dict[str, ConsumableResource] = {}
        self.update_tokens = UpdateTokens()
        self.scheduler = Scheduler(host_millicpus)
        self.lifecycle = Lifecycle(self.scheduler, lambda: uuid4().hex, self._record)
        self.tags: dict[str, dict[str, str]] = {}
        self.descriptions: Memo[str, bytes] = Memo(MOST_DESCRIPTIONS)
        self._observe = observe
        self._jobs: dict[str, Job] = {}
        self._listings: dict[JobQueue, QueueListing] = {}
        self._needing: dict[ConsumableResource, dict[Job, None]] = {}
        self._finished: deque[Job] = deque()
        self._forgotten: set[str] = set()
        self._emptied: set[JobQueue] = set()
        self._unsettled: list[JobQueue | ComputeEnvironment] = []

    # Jobs.

    def submit(
        self, spec: JobSpec, now: int, waits_for: tuple[Job, ...] = (), pipelined_on: tuple[Job, ...] = ()
    ) -> Job:
        job = self.lifecycle.submit(str(uuid4()), spec, now, waits_for, pipelined_on)
        self._keep(job)
        return job

    def adopt(self, jobs: Sequence[Job], now: int) -> None:
        """Take in the jobs of an earlier life, oldest first, and draw the consequences."""
        for job in jobs:
            self._keep(job)
        ended = (job for job in jobs if job.status.is_final)
        self._finished.extend(sorted(ended, key=lambda job: job.stopped_at or 0))
        for job in jobs:
            self.lifecycle.adopt(job, now)
        self.advance(now, EVERYTHING)

    def job_arn(self, job: Job) -> str:
        return self.place.batch_arn("job", job.job_id)

    def find_job(self, job_id: str) -> Job | None:
        """Return a job, array job or child by its id; none if unknown, expired or forgotten."""
        if job_id in self._forgotten:
            return None
        root_id, colon, index = job_id.partition(":")
        job = self._jobs.get(root_id)
        if job is None or not colon:
            return job
        children = job.children or ()
        if not (index.isascii() and index.isdigit()) or str(int(index)) != index:
            return None
        return children[int(index)] if int(index) < len(children) else None

    def forget_job(self, job_id: str) -> None:
        """Hide a job from DescribeJobs and ListJobs; it goes on all the same."""
        self._forgotten.add(job_id)

    def is_forgotten(self, job: Job) -> bool:
        return bool(self._forgotten) and job.job_id in self._forgotten

    def listing(self, queue: JobQueue) -> QueueListing:
        return self._listings.setdefault(queue, QueueListing())

    def jobs_needing(self, resource: ConsumableResource) -> Iterator[Job]:
        """Yield the jobs and array jobs that need a consumable resource, newest first."""
        return reversed(self._needing.get(resource, {}))

    def _keep(self, job: Job) -> None:
        self._jobs[job.root_id] = job
        self.listing(job.spec.queue).add(job)
        for need in job.spec.needs:
            self._needing.setdefault(need.resource, {})[job] = None

    # Queues, compute environments and what else is named.

    def find_queue(self, name_or_arn: str) -> JobQueue | None:
        return self._find(self.scheduler.queues, "job-queue", name_or_arn)

    def find_environment(self, name_or_arn: str) -> ComputeEnvironment | None:
        return self._find(self.environments, "compute-environment", name_or_arn)

    def find_policy(self, arn: str) -> SchedulingPolicy | None:
        return self._find(self.policies, "scheduling-policy", arn)

    def find_consumable(self, name_or_arn: str) -> ConsumableResource | None:
        return self._find(self.consumables, "consumable-resource", name_or_arn)

    def _find(self, named: Mapping[str, Named], kind: str, name_or_arn: str) -> Named | None:
        """Return a resource by its name or its ARN, which is that of this account and Region."""
        name = name_of(name_or_arn, kind)
        if name != name_or_arn and self.place.batch_arn(kind, name) != name_or_arn:
            return None
        return named.get(name)

    def changed(self, resource: JobQueue | ComputeEnvironment) -> None:
        """Let a change to a queue or compute environment take effect with the next ``advance``."""
        self._unsettled.append(resource)

    # Time.

    def advance(self, now: int, budget: int) -> bool:
        """Draw all consequences; see :meth:`Lifecycle.advance`."""
        self._settle_resources(now)
        self._expire(now)
        has_more = self.lifecycle.advance(now, budget)
        return has_more or any(self._can_settle(resource) for resource in self._unsettled)

    def _settle_resources(self, now: int) -> None:
        changed, self._unsettled = self._unsettled, []
        for resource in changed:
            if resource.status is not ResourceStatus.DELETING:
                resource.status = _settled_status(resource)
                self.scheduler.look_again(self.scheduler.queues.values())
            elif isinstance(resource, JobQueue):
                self._delete_queue(resource, now)
            else:
                self.environments.pop(resource.name, None)

    def _delete_queue(self, queue: JobQueue, now: int) -> None:
        """Stop the jobs of a queue, once since it takes no others, and drop it when they have ended."""
        listing = self.listing(queue)
        if queue not in self._emptied:
            self._emptied.add(queue)
            for job in listing.unfinished():
                self.lifecycle.stop_for_deleted_queue(job, now)
        if listing.has_unfinished:
            self._unsettled.append(queue)
            return
        self._emptied.discard(queue)
        self.scheduler.forget(queue)

    def _can_settle(self, resource: JobQueue | ComputeEnvironment) -> bool:
        return not isinstance(resource, JobQueue) or not self.listing(resource).has_unfinished

    def _record(self, transition: Transition) -> None:
        job = transition.job
        if job.parent is None:
            self.listing(job.spec.queue).move(job, transition.old)
            if transition.new.is_final:
                self._finished.append(job)
        self._observe(transition)

    def _expire(self, now: int) -> None:
        """Drop jobs that ended longer ago than AWS keeps them."""
        while self._finished and now - (self._finished[0].stopped_at or now) > RETENTION_MS:
            job = self._finished.popleft()
            del self._jobs[job.root_id]
            self.listing(job.spec.queue).remove(job)
            for need in job.spec.needs:
                self._needing[need.resource].pop(job, None)
            self.tags.pop(self.job_arn(job), None)


def _settled_status(resource: JobQueue | ComputeEnvironment) -> ResourceStatus:
    is_defective = isinstance(resource, ComputeEnvironment) and resource.defect is not None
    return ResourceStatus.INVALID if is_defective else ResourceStatus.VALID
