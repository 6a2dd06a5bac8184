"""A Region without runner, server or real time: tests play the clock and the containers."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.local.arn import Place
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.containers import Container
from airflow_batch_provider.local.lifecycle.effects import AttemptEnd, StartAttempt, StopAttempt, Transition
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec, JobStatus
from airflow_batch_provider.local.lifecycle.machine import EVERYTHING
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.region import Region

START_MS = 1_700_000_000_000


class Simulation:
    """
    StatusChanges jobs by hand. Containers start when ``settle`` is called, and end when the test says so.

    :param host_vcpus: what the host offers to all compute environments together.
    """

    def __init__(self, host_vcpus: int | None = None) -> None:
        self.now = START_MS
        self.transitions: list[Transition] = []
        self.stopped: list[Job] = []
        self.started: list[Job] = []
        self.region = Region(
            Place("123456789012", "eu-west-1"),
            self.transitions.append,
            None if host_vcpus is None else host_vcpus * 1000,
        )

    def environment(self, name: str = "ce", vcpus: int | None = 100) -> ComputeEnvironment:
        capacity = None if vcpus is None else vcpus * 1000
        environment = ComputeEnvironment(name, f"arn:{name}", f"cluster-{name}", capacity)
        environment.status = ResourceStatus.VALID
        self.region.environments[name] = environment
        return environment

    def queue(
        self, name: str = "q", *environments: ComputeEnvironment, priority: int = 1, **settings: Any
    ) -> JobQueue:
        queue = JobQueue(name, f"arn:{name}", priority, environments or (self.environment(),), **settings)
        queue.status = ResourceStatus.VALID
        self.region.scheduler.queues[name] = queue
        return queue

    def shares(self, vcpus: int, **policy: Any) -> JobQueue:
        """Return a queue with a fair share policy, in front of a compute environment of its own."""
        return self.queue(
            "shares",
            self.environment("ce-shares", vcpus),
            policy=SchedulingPolicy("policy", "arn:policy", **policy),
        )

    def submit(
        self,
        queue: JobQueue,
        *after: Job,
        pipelined_on: tuple[Job, ...] = (),
        vcpus: int = 1,
        **spec: Any,
    ) -> Job:
        whole = JobSpec(
            job_name=spec.pop("job_name", "job"),
            queue=queue,
            definition_name="definition",
            definition_arn="arn:definition:1",
            containers=(Container({"command": [], "environment": []}),),
            millicpus=vcpus * 1000,
            memory_mib=spec.pop("memory_mib", None),
            **spec,
        )
        return self.region.submit(whole, self.now, after, pipelined_on)

    def settle(self) -> None:
        """Draw all consequences, and start the containers that have been placed."""
        self.region.advance(self.now, EVERYTHING)
        orders = self.region.lifecycle.orders
        while orders:
            order = orders.popleft()
            if isinstance(order, StopAttempt):
                self.stopped.append(order.job)
            if isinstance(order, StartAttempt):
                self.started.append(order.job)
                self.region.lifecycle.attempt_started(order.job, order.attempt, self.now)
            self.region.advance(self.now, EVERYTHING)

    def end(self, job: Job, exit_code: int | None = 0, **end: Any) -> None:
        assert job.current is not None, f"job {job.job_id} is {job.status}"
        self.region.lifecycle.attempt_ended(job, job.current, AttemptEnd(exit_code, **end), self.now)
        self.settle()

    def pass_seconds(self, seconds: float) -> None:
        self.now += round(seconds * 1000)
        self.settle()

    def statuses_of(self, job: Job) -> list[str]:
        """Return every status that a job has had."""
        moves = [transition for transition in self.transitions if transition.job is job]
        return [move.old.value for move in moves[:1]] + [move.new.value for move in moves]


def children_of(array: Job) -> tuple[Job, ...]:
    assert array.children is not None, f"array job {array.job_id} has no children yet"
    return array.children


def statuses(*jobs: Job) -> list[JobStatus]:
    return [job.status for job in jobs]
