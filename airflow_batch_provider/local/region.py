"""All of AWS Batch's resources in one Region."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

from airflow_batch_provider.local.arn import Location, name_of
from airflow_batch_provider.local.client_tokens import ClientTokens
from airflow_batch_provider.local.job_definitions import JobDefinitions
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.job_index import JobIndex
from airflow_batch_provider.local.lifecycle.scheduler import Scheduler
from airflow_batch_provider.local.lifecycle.state_machine import UNLIMITED, Lifecycle
from airflow_batch_provider.local.versioned_cache import VersionedCache

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.consumables import ConsumableResource
    from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec
    from airflow_batch_provider.local.lifecycle.messages import Transition
    from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy

Resource = TypeVar("Resource")
MAX_CACHED_DESCRIPTIONS: Final = 20_000
"""Job descriptions in the cache; each takes about 1.5 kB."""

RETENTION_MS: Final = 7 * 24 * 3600 * 1000
"""How long AWS Batch keeps a job after it has ended."""


class Region:
    """
    Jobs, queues, compute environments and definitions of one Region; pure, like the lifecycle.

    :param on_transition: called with each transition.
    :param host_millicpus: see :class:`Scheduler`.
    """

    def __init__(
        self,
        location: Location,
        on_transition: Callable[[Transition], None] = lambda _: None,
        host_millicpus: int | None = None,
    ) -> None:
        self.location = location
        self.definitions = JobDefinitions(location)
        self.environments: dict[str, ComputeEnvironment] = {}
        self.policies: dict[str, SchedulingPolicy] = {}
        self.consumables: dict[str, ConsumableResource] = {}
        self.client_tokens = ClientTokens()
        self.scheduler = Scheduler(host_millicpus)
        self.lifecycle = Lifecycle(self.scheduler, lambda: uuid4().hex, self._on_transition)
        self.tags: dict[str, dict[str, str]] = {}
        self.descriptions: VersionedCache[str, bytes] = VersionedCache(MAX_CACHED_DESCRIPTIONS)
        self._notify = on_transition
        self._jobs: dict[str, Job] = {}
        self._indexes: dict[JobQueue, JobIndex] = {}
        self._jobs_by_consumable: dict[ConsumableResource, dict[Job, None]] = {}
        self._ended: deque[Job] = deque()
        self._forgotten: set[str] = set()
        self._draining: set[JobQueue] = set()
        self._changed: list[JobQueue | ComputeEnvironment] = []

    # Jobs.

    def submit(
        self,
        spec: JobSpec,
        now: int,
        waits_for: tuple[Job, ...] = (),
        n_to_n_dependencies: tuple[Job, ...] = (),
    ) -> Job:
        job = self.lifecycle.submit(str(uuid4()), spec, now, waits_for, n_to_n_dependencies)
        self._add(job)
        return job

    def restore(self, jobs: Sequence[Job], now: int) -> None:
        """Add the jobs of an earlier server, oldest first, and resume them."""
        for job in jobs:
            self._add(job)
        ended = (job for job in jobs if job.status.is_final)
        self._ended.extend(sorted(ended, key=lambda job: job.stopped_at or 0))
        for job in jobs:
            self.lifecycle.restore(job, now)
        self.advance(now, UNLIMITED)

    def job_arn(self, job: Job) -> str:
        return self.location.batch_arn("job", job.job_id)

    def find_job(self, job_id: str) -> Job | None:
        """Return a job, array job or child by its id, or ``None`` if it is unknown, expired or forgotten."""
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
        """Hide a job from DescribeJobs and ListJobs; the job itself continues."""
        self._forgotten.add(job_id)

    def is_forgotten(self, job: Job) -> bool:
        return bool(self._forgotten) and job.job_id in self._forgotten

    def job_index(self, queue: JobQueue) -> JobIndex:
        """Return the index of a queue's jobs."""
        return self._indexes.setdefault(queue, JobIndex())

    def jobs_requiring(self, resource: ConsumableResource) -> Iterator[Job]:
        """Yield the jobs and array jobs that require a consumable resource, newest first."""
        return reversed(self._jobs_by_consumable.get(resource, {}))

    def _add(self, job: Job) -> None:
        self._jobs[job.root_id] = job
        self.job_index(job.spec.queue).add(job)
        for requirement in job.spec.consumable_requirements:
            self._jobs_by_consumable.setdefault(requirement.resource, {})[job] = None

    # Queues, compute environments and other named resources.

    def find_queue(self, name_or_arn: str) -> JobQueue | None:
        return self._find(self.scheduler.queues, "job-queue", name_or_arn)

    def find_environment(self, name_or_arn: str) -> ComputeEnvironment | None:
        return self._find(self.environments, "compute-environment", name_or_arn)

    def find_policy(self, arn: str) -> SchedulingPolicy | None:
        return self._find(self.policies, "scheduling-policy", arn)

    def find_consumable(self, name_or_arn: str) -> ConsumableResource | None:
        return self._find(self.consumables, "consumable-resource", name_or_arn)

    def _find(self, resources: Mapping[str, Resource], kind: str, name_or_arn: str) -> Resource | None:
        """Return a resource of this account and Region by its name or its ARN, or ``None``."""
        name = name_of(name_or_arn, kind)
        if name != name_or_arn and self.location.batch_arn(kind, name) != name_or_arn:
            return None
        return resources.get(name)

    def resource_changed(self, resource: JobQueue | ComputeEnvironment) -> None:
        """Apply a change to a queue or compute environment with the next ``advance``."""
        self._changed.append(resource)

    # Time.

    def advance(self, now: int, budget: int) -> bool:
        """Advance the Region's resources and jobs; see :meth:`Lifecycle.advance`."""
        self._apply_resource_changes(now)
        self._expire(now)
        has_more = self.lifecycle.advance(now, budget)
        return has_more or any(self._can_be_applied(resource) for resource in self._changed)

    def _apply_resource_changes(self, now: int) -> None:
        changed, self._changed = self._changed, []
        for resource in changed:
            if resource.status is not ResourceStatus.DELETING:
                resource.status = _status_after_change(resource)
                self.scheduler.reconsider(self.scheduler.queues.values())
            elif isinstance(resource, JobQueue):
                self._delete_queue(resource, now)
            else:
                self.environments.pop(resource.name, None)

    def _delete_queue(self, queue: JobQueue, now: int) -> None:
        """Stop all jobs of a queue (once: it accepts no new ones), and remove it when they have ended."""
        index = self.job_index(queue)
        if queue not in self._draining:
            self._draining.add(queue)
            for job in index.unfinished():
                self.lifecycle.stop_for_deleted_queue(job, now)
        if index.has_unfinished:
            self._changed.append(queue)
            return
        self._draining.discard(queue)
        self.scheduler.remove_queue(queue)

    def _can_be_applied(self, resource: JobQueue | ComputeEnvironment) -> bool:
        return not isinstance(resource, JobQueue) or not self.job_index(resource).has_unfinished

    def _on_transition(self, transition: Transition) -> None:
        job = transition.job
        if job.parent is None:
            self.job_index(job.spec.queue).update_status(job, transition.old)
            if transition.new.is_final:
                self._ended.append(job)
        self._notify(transition)

    def _expire(self, now: int) -> None:
        """Delete the jobs that ended longer ago than AWS keeps them."""
        while self._ended and now - (self._ended[0].stopped_at or now) > RETENTION_MS:
            job = self._ended.popleft()
            del self._jobs[job.root_id]
            self.job_index(job.spec.queue).remove(job)
            for requirement in job.spec.consumable_requirements:
                self._jobs_by_consumable[requirement.resource].pop(job, None)
            self.tags.pop(self.job_arn(job), None)


def _status_after_change(resource: JobQueue | ComputeEnvironment) -> ResourceStatus:
    is_defective = isinstance(resource, ComputeEnvironment) and resource.defect is not None
    return ResourceStatus.INVALID if is_defective else ResourceStatus.VALID
