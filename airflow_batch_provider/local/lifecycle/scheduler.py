"""Decides which RUNNABLE job is placed next, and on which compute environment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow_batch_provider.local.lifecycle import consumables
from airflow_batch_provider.local.lifecycle.fair_share import FairShareQueue
from airflow_batch_provider.local.lifecycle.placement import blocked_reason, find_room, usable_environments
from airflow_batch_provider.local.lifecycle.runnable_queues import FifoQueue, RunnableQueue
from airflow_batch_provider.local.lifecycle.time_limits import BlockedHeads

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy


class Scheduler:
    """
    Places the head of each queue on the first compute environment that has room.

    Queues are processed in descending priority. A head that fits nowhere blocks the rest of its queue, but
    not the other queues. Only queues that were marked as changed are processed.

    :param host_millicpus: the capacity that all compute environments share, in thousandths of a vCPU;
        ``None`` for no limit.
    """

    def __init__(self, host_millicpus: int | None = None) -> None:
        self.queues: dict[str, JobQueue] = {}
        self.blocked_heads = BlockedHeads()
        self._host_millicpus = host_millicpus
        self._host_in_use = 0
        self._runnable: dict[JobQueue, RunnableQueue] = {}
        self._changed: set[JobQueue] = set()

    # Changes of jobs.

    def job_submitted(self, job: Job, now: int) -> None:
        """Record that a job or array job was submitted."""
        shares = self.shares_of(job.spec.queue)
        if shares is not None:
            shares.job_submitted(job, now)

    def enqueue(self, job: Job, now: int) -> None:
        """Add a job that has become RUNNABLE."""
        self._runnable_jobs(job.spec.queue).push(job, now)
        self._changed.add(job.spec.queue)

    def remove(self, job: Job, now: int) -> None:
        """Remove a job that has ended while RUNNABLE; the next one may fit."""
        self._runnable_jobs(job.spec.queue).remove(job, now)
        self._changed.add(job.spec.queue)

    def release(self, job: Job, environment: ComputeEnvironment, now: int) -> None:
        """Release what an attempt held."""
        self._add_usage(job, environment, -1)
        consumables.release(job.spec.consumable_requirements)
        self._runnable_jobs(job.spec.queue).release(job, now)
        # The host and consumable resources are shared by all
        # queues; vCPUs of an environment only by its queues.
        if self._host_millicpus is not None or job.spec.consumable_requirements:
            self.reconsider(self.queues.values())
            return
        self.reconsider(queue for queue in self.queues.values() if environment in queue.environments)

    def job_ended(self, job: Job, now: int) -> None:
        """Record that a job or array job has ended."""
        shares = self.shares_of(job.spec.queue)
        if shares is not None:
            shares.job_ended(job, now)

    # Queues.

    def shares_of(self, queue: JobQueue) -> FairShareQueue | None:
        """Return the shares of a queue, or ``None`` if it has no scheduling policy."""
        runnable = self._runnable_jobs(queue)
        return runnable if isinstance(runnable, FairShareQueue) else None

    def front_of(self, queue: JobQueue, now: int, limit: int) -> list[tuple[Job, int]]:
        """Return the first RUNNABLE jobs of a queue, and since when each has had its position."""
        return self._runnable_jobs(queue).front(now, limit)

    def reconsider(self, queues: Iterable[JobQueue]) -> None:
        """Mark queues as changed, so that the next placement processes them."""
        self._changed.update(queues)

    def policy_changed(self, policy: SchedulingPolicy) -> None:
        """Apply a policy to its queues after the policy, or a queue's policy, has changed."""
        for queue in self.queues.values():
            shares = self.shares_of(queue)
            if shares is not None and queue.policy is policy:
                shares.policy = policy
                shares.policy_changed()
                self._changed.add(queue)

    def remove_queue(self, queue: JobQueue) -> None:
        """Remove a queue that was deleted."""
        self.queues.pop(queue.name, None)
        self._runnable.pop(queue, None)
        self._changed.discard(queue)
        self.blocked_heads.update(queue, None, 0)

    @property
    def has_work(self) -> bool:
        return bool(self._changed)

    # Placement.

    def place_next(self, now: int) -> tuple[Job, ComputeEnvironment] | None:
        """Remove the next job that fits from its queue, acquire its resources, and return its environment."""
        while self._changed:
            # Chosen for each job, so that a queue of higher priority that changes in between goes first.
            queue = min(self._changed, key=lambda candidate: (-candidate.priority, candidate.name))
            runnable = self._runnable_jobs(queue)
            job = runnable.head(now)
            # Only the head is tried. A later job that would fit waits, as on AWS:
            # https://docs.aws.amazon.com/batch/latest/userguide/job_scheduling.html
            environment = None if job is None else self._place(job, queue)
            if job is None or environment is None:
                self.blocked_heads.update(queue, job, now)
                self._changed.discard(queue)
                continue
            runnable.pop(job, now)
            self._add_usage(job, environment, 1)
            consumables.acquire(job.spec.consumable_requirements)
            return job, environment
        return None

    def _place(self, job: Job, queue: JobQueue) -> ComputeEnvironment | None:
        environments = usable_environments(queue)
        job.status_reason = blocked_reason(job.spec, environments)
        if job.status_reason is not None or not self._has_resources_for(job, queue):
            return None
        return find_room(job.spec, environments)

    def _has_resources_for(self, job: Job, queue: JobQueue) -> bool:
        return (
            consumables.are_available(job.spec.consumable_requirements)
            and not self._is_host_full_for(job.spec.millicpus)
            and not self._is_reserved(job.spec.millicpus, queue)
        )

    def _is_host_full_for(self, millicpus: int) -> bool:
        """Return whether a job must wait for the host. A job larger than the host runs when it is idle."""
        if self._host_millicpus is None or self._host_in_use == 0:
            return False
        return self._host_in_use + millicpus > self._host_millicpus

    def _is_reserved(self, millicpus: int, queue: JobQueue) -> bool:
        """Return whether capacity is reserved for inactive shares. An idle queue always accepts a job."""
        shares = self.shares_of(queue)
        if shares is None or not shares.policy.reservation_percent or queue.in_use == 0:
            return False
        capacities = [environment.capacity for environment in usable_environments(queue)]
        total = sum(capacity or 0 for capacity in capacities)
        if None in capacities:
            return False
        return queue.in_use + millicpus > shares.policy.usable(total, shares.active_shares)

    def _add_usage(self, job: Job, environment: ComputeEnvironment, sign: int) -> None:
        millicpus = sign * job.spec.millicpus
        environment.in_use += millicpus
        job.spec.queue.in_use += millicpus
        self._host_in_use += millicpus

    def _runnable_jobs(self, queue: JobQueue) -> RunnableQueue:
        runnable = self._runnable.get(queue)
        if runnable is None:
            runnable = FifoQueue() if queue.policy is None else FairShareQueue(queue.policy)
            self._runnable[queue] = runnable
        return runnable
