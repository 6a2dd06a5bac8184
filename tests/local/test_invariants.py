"""Invariants of the lifecycle under random requests and events in any order."""

from __future__ import annotations

import json

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from airflow_batch_provider.local.api.describe_jobs import describe_jobs, job_serializer
from airflow_batch_provider.local.api.job_descriptions import describe_job
from airflow_batch_provider.local.api.request import ApiSettings, Request
from airflow_batch_provider.local.lifecycle.capacity import TimeLimit
from airflow_batch_provider.local.lifecycle.consumables import ConsumableRequirement, ConsumableResource
from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.lifecycle.retries import RetryStrategy
from tests.local.simulation import Simulation

VCPUS = 5
LICENCES = 2
LIMITS = (TimeLimit("MISCONFIGURATION", 30),)
SIZE = 3
LEGAL_TRANSITIONS = {
    "SUBMITTED": {"PENDING", "RUNNABLE", "FAILED"},
    "PENDING": {"RUNNABLE", "FAILED", "SUCCEEDED"},
    "RUNNABLE": {"STARTING", "FAILED"},
    "STARTING": {"RUNNING", "RUNNABLE", "FAILED"},
    "RUNNING": {"SUCCEEDED", "FAILED", "RUNNABLE"},
    "SUCCEEDED": set(),
    "FAILED": set(),
}
PARENT_STATUSES = {"SUBMITTED", "PENDING", "SUCCEEDED", "FAILED"}


class LifecycleMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.simulation = Simulation()
        self.environment = self.simulation.environment(vcpus=VCPUS)
        policy = SchedulingPolicy("policy", "arn:policy", reservation_percent=30, weights={"a": 0.5})
        self.queues = [
            self.simulation.queue("high", self.environment, priority=2, time_limits=LIMITS),
            self.simulation.queue("low", self.environment, time_limits=LIMITS),
            self.simulation.queue("shares", self.environment, policy=policy, time_limits=LIMITS),
        ]
        self.license = ConsumableResource("license", "arn:license", True, LICENCES, self.simulation.now)
        self.jobs: list[Job] = []

    def all_jobs(self) -> list[Job]:
        return [each for job in self.jobs for each in (job, *(job.children or ()))]

    def running(self) -> list[Job]:
        return [job for job in self.all_jobs() if job.current is not None]

    @rule(data=st.data(), size=st.sampled_from([None, SIZE]), sequential=st.booleans())
    def submit(self, data: st.DataObject, size: int | None, sequential: bool) -> None:
        known = st.sampled_from(self.all_jobs()) if self.jobs else st.nothing()
        arrays = [job for job in self.jobs if job.is_array]
        after = data.draw(st.lists(known, max_size=2 if self.jobs else 0))
        may_use_n_to_n = size is not None and bool(arrays)
        n_to_n = data.draw(st.lists(st.sampled_from(arrays), max_size=2)) if may_use_n_to_n else []
        queue = data.draw(st.sampled_from(self.queues))
        job = self.simulation.submit(
            queue,
            *after,
            share_identifier=None if queue.policy is None else data.draw(st.sampled_from("abc")),
            consumable_requirements=data.draw(
                st.sampled_from([(), (ConsumableRequirement(self.license, 1),)])
            ),
            n_to_n_dependencies=tuple(n_to_n),
            vcpus=data.draw(st.sampled_from([1, 1, 2, 3, VCPUS + 1])),
            array_size=size,
            is_sequential=sequential and size is not None,
            retry=RetryStrategy(attempts=data.draw(st.integers(1, 2))),
            timeout_seconds=60,
        )
        self.jobs.append(job)

    @rule(budget=st.integers(1, 4))
    def advance_a_little(self, budget: int) -> None:
        self.simulation.region.advance(self.simulation.now, budget)

    @rule()
    def settle(self) -> None:
        self.simulation.settle()

    @precondition(lambda self: self.running())
    @rule(data=st.data(), exit_code=st.sampled_from([0, 0, 1, None]))
    def end(self, data: st.DataObject, exit_code: int | None) -> None:
        job = data.draw(st.sampled_from(self.running()))
        self.simulation.end(job, exit_code if job.status is JobStatus.RUNNING else None)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), verb=st.sampled_from(["cancel", "terminate"]))
    def stop(self, data: st.DataObject, verb: str) -> None:
        job = data.draw(st.sampled_from(self.all_jobs()))
        getattr(self.simulation.region.lifecycle, verb)(job, "not needed", self.simulation.now)

    @rule(seconds=st.integers(1, 50))
    def pass_time(self, seconds: int) -> None:
        self.simulation.pass_seconds(seconds)

    @invariant()
    def transitions_are_legal(self) -> None:
        for transition in self.simulation.transitions:
            assert transition.new in LEGAL_TRANSITIONS[transition.old]
            assert not transition.job.is_array or transition.new in PARENT_STATUSES

    @invariant()
    def capacity_is_never_exceeded(self) -> None:
        held = sum(job.spec.millicpus for job in self.all_jobs() if job.status.occupies_host)
        assert self.environment.in_use == held <= VCPUS * 1000
        assert sum(queue.in_use for queue in self.queues) == held

    @invariant()
    def consumables_are_held_by_those_on_a_host(self) -> None:
        holders = sum(
            bool(job.spec.consumable_requirements) for job in self.all_jobs() if job.status.occupies_host
        )
        assert self.license.in_use == holders <= LICENCES

    @invariant()
    def shares_are_active_while_they_have_jobs(self) -> None:
        shares = self.simulation.region.scheduler.shares_of(self.queues[-1])
        open_jobs = [job for job in self.jobs if job.spec.queue.policy and not job.status.is_final]
        assert shares is not None
        assert shares.active_shares == len({job.spec.share_identifier for job in open_jobs})

    @invariant()
    def the_front_is_who_waits(self) -> None:
        for queue in self.queues:
            waiting = [
                job for job in self.all_jobs() if job.spec.queue is queue and job.status is JobStatus.RUNNABLE
            ]
            front = self.simulation.region.scheduler.front_of(queue, self.simulation.now, len(waiting) + 1)
            assert {job for job, _ in front} == set(waiting)
            shares = self.simulation.region.scheduler.shares_of(queue)
            assert shares is None or not front or shares.head(self.simulation.now) is front[0][0]
            assert all(job.created_at <= since <= self.simulation.now for job, since in front)

    @invariant()
    def summaries_agree_with_the_children(self) -> None:
        for job in self.jobs:
            if job.progress is None or job.children is None:
                continue
            statuses = [child.status for child in job.children]
            assert job.progress.counts == {status: statuses.count(status) for status in JobStatus}
            assert not job.status.is_final or all(status.is_final for status in statuses)

    @invariant()
    def ends_are_complete(self) -> None:
        for job in self.all_jobs():
            assert job.status.is_final == (job.stopped_at is not None)
            assert len(job.attempts) <= job.spec.retry.attempts

    @invariant()
    def descriptions_are_those_of_now(self) -> None:
        region = self.simulation.region
        ids = [job.job_id for job in self.all_jobs()][-20:]
        request = Request(region, self.simulation.now, {"jobs": ids}, size=0, settings=ApiSettings())
        fresh = [job_serializer()(describe_job(region, job)) for job in map(region.find_job, ids) if job]
        assert json.loads(describe_jobs(request).body)["jobs"] == json.loads(json.dumps(fresh))

    def teardown(self) -> None:
        """Once all running jobs have ended, no job is left waiting."""
        self.simulation.settle()
        while self.running() or self.simulation.region.lifecycle.next_deadline():
            for job in self.running():
                self.simulation.end(job)
            self.simulation.pass_seconds(LIMITS[0].seconds)
        assert [job for job in self.all_jobs() if not job.status.is_final] == []


LifecycleMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLifecycle = LifecycleMachine.TestCase
