"""Which RUNNABLE job is placed next, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus

RETRIED: Final = 0
ORDINARY: Final = 1


class WaitingLine:
    """RUNNABLE jobs of one queue: those that are retried first, then the oldest."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Job]] = []

    def push(self, job: Job, *, in_front: bool) -> None:
        rank = RETRIED if in_front else ORDINARY
        index = -1 if job.index is None else job.index
        heappush(self._heap, (rank, job.sequence, index, job))

    def head(self) -> Job | None:
        """Return the next job; those that stopped being RUNNABLE are dropped on the way."""
        while self._heap:
            job = self._heap[0][-1]
            if job.status is JobStatus.RUNNABLE:
                return job
            heappop(self._heap)
        return None

    def pop(self) -> None:
        heappop(self._heap)


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
        self._host_millicpus = host_millicpus
        self._host_in_use = 0
        self._lines: defaultdict[JobQueue, WaitingLine] = defaultdict(WaitingLine)
        self._changed: set[JobQueue] = set()

    def enqueue(self, job: Job, *, in_front: bool = False) -> None:
        queue = job.spec.queue
        self._lines[queue].push(job, in_front=in_front)
        self._changed.add(queue)

    def release(self, job: Job, environment: ComputeEnvironment) -> None:
        """Give back what an attempt held."""
        environment.in_use -= job.spec.millicpus
        self._host_in_use -= job.spec.millicpus
        if self._host_millicpus is not None:
            self.look_again(self.queues.values())
            return
        self.look_again(queue for queue in self.queues.values() if environment in queue.environments)

    def look_again(self, queues: Iterable[JobQueue]) -> None:
        """Look at these queues at the next placement, because of what has changed around them."""
        self._changed.update(queues)

    @property
    def has_work(self) -> bool:
        return bool(self._changed)

    def place_next(self) -> tuple[Job, ComputeEnvironment] | None:
        """Take the next job that can be placed off its queue and hold its vCPUs."""
        while self._changed:
            queue = min(self._changed, key=lambda candidate: (-candidate.priority, candidate.name))
            line = self._lines[queue]
            job = line.head()
            environment = None if job is None else self._find_room(job, queue)
            if job is None or environment is None:
                self._changed.discard(queue)
                continue
            line.pop()
            environment.in_use += job.spec.millicpus
            self._host_in_use += job.spec.millicpus
            return job, environment
        return None

    def _find_room(self, job: Job, queue: JobQueue) -> ComputeEnvironment | None:
        millicpus = job.spec.millicpus
        candidates = [environment for environment in queue.environments if environment.takes_jobs]
        if candidates and not any(candidate.could_ever_hold(millicpus) for candidate in candidates):
            job.status_reason = reasons.TOO_LARGE_FOR_ENVIRONMENTS
            return None
        if self._host_is_full_for(millicpus):
            return None
        return next((candidate for candidate in candidates if candidate.has_room_for(millicpus)), None)

    def _host_is_full_for(self, millicpus: int) -> bool:
        """Tell whether to wait for the host; a job that is larger than it gets it when it is idle."""
        if self._host_millicpus is None or self._host_in_use == 0:
            return False
        return self._host_in_use + millicpus > self._host_millicpus
