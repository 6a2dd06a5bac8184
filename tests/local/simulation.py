"""A Region without a runner, a server or real time: tests control the clock and the containers."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.local.arn import Location
from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.containers import Container
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec, JobStatus
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd, StartAttempt, StopAttempt, Transition
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.lifecycle.state_machine import UNLIMITED
from airflow_batch_provider.local.region import Region

START_MS = 1_700_000_000_000


class Simulation:
    """
    Advances jobs step by step. Containers start when ``settle`` is called and end when the test ends them.

    :param host_vcpus: the vCPUs that all compute environments share.
    """

    def __init__(self, host_vcpus: int | None = None) -> None:
        self.now = START_MS
        self.transitions: list[Transition] = []
        self.stopped: list[Job] = []
        self.started: list[Job] = []
        self.region = Region(
            Location("123456789012", "eu-west-1"),
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
        """Return a queue with a scheduling policy and its own compute environment."""
        return self.queue(
            "shares",
            self.environment("ce-shares", vcpus),
            policy=SchedulingPolicy("policy", "arn:policy", **policy),
        )

    def submit(
        self,
        queue: JobQueue,
        *after: Job,
        n_to_n_dependencies: tuple[Job, ...] = (),
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
        return self.region.submit(whole, self.now, after, n_to_n_dependencies)

    def settle(self) -> None:
        """Process all pending work, and start the containers of placed jobs."""
        self.region.advance(self.now, UNLIMITED)
        commands = self.region.lifecycle.commands
        while commands:
            command = commands.popleft()
            if isinstance(command, StopAttempt):
                self.stopped.append(command.job)
            if isinstance(command, StartAttempt):
                self.started.append(command.job)
                self.region.lifecycle.attempts.started(command.job, command.attempt, self.now)
            self.region.advance(self.now, UNLIMITED)

    def end(self, job: Job, exit_code: int | None = 0, **end: Any) -> None:
        assert job.current is not None, f"job {job.job_id} is {job.status}"
        self.region.lifecycle.attempts.ended(job, job.current, AttemptEnd(exit_code, **end), self.now)
        self.settle()

    def pass_seconds(self, seconds: float) -> None:
        self.now += round(seconds * 1000)
        self.settle()

    def statuses_of(self, job: Job) -> list[str]:
        """Return all statuses of a job in order."""
        own = [transition for transition in self.transitions if transition.job is job]
        return [each.old.value for each in own[:1]] + [each.new.value for each in own]


def children_of(array: Job) -> tuple[Job, ...]:
    assert array.children is not None, f"array job {array.job_id} has no children yet"
    return array.children


def statuses(*jobs: Job) -> list[JobStatus]:
    return [job.status for job in jobs]
