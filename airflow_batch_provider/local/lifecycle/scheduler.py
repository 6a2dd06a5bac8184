"""Which RUNNABLE job is placed next, and where."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_batch_provider.local.lifecycle import consumables
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue
from airflow_batch_provider.local.lifecycle.fair_share import FairShareLine
from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.lifecycle.lines import FifoLine, Line
from airflow_batch_provider.local.lifecycle.placement import blocked_reason, candidates, find_room
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.lifecycle.time_limits import BlockedHeads


class Scheduler:
    """
    Places the head of each queue on the first compute environment that has room.

    Queues are looked at in descending priority. A head that fits nowhere blocks what stands behind
    it, but not the other queues. Only queues for which something has changed are looked at.

    :param host_millicpus: what the host offers to all compute environments together, in thousandths
        of a vCPU; ``None`` is without limit.
    """

    def __init__(self, host_millicpus: int | None = None) -> None:
        self.queues: dict[str, JobQueue] = {}
        self.blocked_heads = BlockedHeads()
        self._host_millicpus = host_millicpus
        self._host_in_use = 0
        self._lines: dict[JobQueue, Line] = {}
        self._changed: set[JobQueue] = set()

    # What becomes of jobs.

    def join(self, job: Job, now: int) -> None:
        """Note that a job or array job has been submitted."""
        shares = self.shares_of(job.spec.queue)
        if shares is not None:
            shares.join(job, now)

    def enqueue(self, job: Job, now: int) -> None:
        """Note that a job has become RUNNABLE."""
        self._line(job.spec.queue).push(job, now)
        self._changed.add(job.spec.queue)

    def leave(self, job: Job, now: int) -> None:
        """Note that a RUNNABLE job has ended; the next one may fit."""
        self._line(job.spec.queue).leave(job, now)
        self._changed.add(job.spec.queue)

    def release(self, job: Job, environment: ComputeEnvironment, now: int) -> None:
        """Give back what an attempt held."""
        self._add_usage(job, environment, -1)
        consumables.give_back(job.spec.needs)
        self._line(job.spec.queue).release(job, now)
        if self._host_millicpus is not None or job.spec.needs:
            self.look_again(self.queues.values())
            return
        self.look_again(queue for queue in self.queues.values() if environment in queue.environments)

    def finish(self, job: Job, now: int) -> None:
        """Note that a job or array job has ended."""
        shares = self.shares_of(job.spec.queue)
        if shares is not None:
            shares.finish(job, now)

    # What is asked.

    def shares_of(self, queue: JobQueue) -> FairShareLine | None:
        line = self._line(queue)
        return line if isinstance(line, FairShareLine) else None

    def front_of(self, queue: JobQueue, now: int, most: int) -> list[tuple[Job, int]]:
        """Return the first RUNNABLE jobs of a queue, and since when each has stood there."""
        return self._line(queue).front(now, most)

    def look_again(self, queues: Iterable[JobQueue]) -> None:
        """Look at these queues at the next placement, because of what has changed around them."""
        self._changed.update(queues)

    def follow(self, policy: SchedulingPolicy) -> None:
        """Let the queues of a policy follow what has changed of it, or that it is theirs now."""
        for queue in self.queues.values():
            shares = self.shares_of(queue)
            if shares is not None and queue.policy is policy:
                shares.policy = policy
                shares.reorder()
                self._changed.add(queue)

    def forget(self, queue: JobQueue) -> None:
        """Drop a queue that has been deleted."""
        self.queues.pop(queue.name, None)
        self._lines.pop(queue, None)
        self._changed.discard(queue)
        self.blocked_heads.note(queue, None, 0)

    @property
    def has_work(self) -> bool:
        return bool(self._changed)

    # Placement.

    def place_next(self, now: int) -> tuple[Job, ComputeEnvironment] | None:
        """Take the next job that can be placed off its queue and hold what it needs."""
        while self._changed:
            queue = min(self._changed, key=lambda candidate: (-candidate.priority, candidate.name))
            line = self._line(queue)
            job = line.head(now)
            environment = None if job is None else self._place(job, queue)
            if job is None or environment is None:
                self.blocked_heads.note(queue, job, now)
                self._changed.discard(queue)
                continue
            line.take(job, now)
            self._add_usage(job, environment, 1)
            consumables.hold(job.spec.needs)
            return job, environment
        return None

    def _place(self, job: Job, queue: JobQueue) -> ComputeEnvironment | None:
        environments = candidates(queue)
        job.status_reason = blocked_reason(job.spec, environments)
        if job.status_reason is not None or not self._may_take(job, queue):
            return None
        return find_room(job.spec, environments)

    def _may_take(self, job: Job, queue: JobQueue) -> bool:
        return (
            consumables.are_met(job.spec.needs)
            and not self._host_is_full_for(job.spec.millicpus)
            and not self._is_reserved(job.spec.millicpus, queue)
        )

    def _host_is_full_for(self, millicpus: int) -> bool:
        """Tell whether to wait for the host; a job that is larger than it gets it when it is idle."""
        if self._host_millicpus is None or self._host_in_use == 0:
            return False
        return self._host_in_use + millicpus > self._host_millicpus

    def _is_reserved(self, millicpus: int, queue: JobQueue) -> bool:
        """Tell whether room is kept for shares to come; an idle queue always takes a job."""
        shares = self.shares_of(queue)
        if shares is None or not shares.policy.reservation_percent or queue.in_use == 0:
            return False
        capacities = [environment.capacity for environment in candidates(queue)]
        whole = sum(capacity or 0 for capacity in capacities)
        if None in capacities:
            return False
        return queue.in_use + millicpus > shares.policy.usable(whole, shares.active_shares)

    def _add_usage(self, job: Job, environment: ComputeEnvironment, sign: int) -> None:
        millicpus = sign * job.spec.millicpus
        environment.in_use += millicpus
        job.spec.queue.in_use += millicpus
        self._host_in_use += millicpus

    def _line(self, queue: JobQueue) -> Line:
        line = self._lines.get(queue)
        if line is None:
            line = FifoLine() if queue.policy is None else FairShareLine(queue.policy)
            self._lines[queue] = line
        return line
