"""Why the head of a queue is blocked, and for how long it may be."""

import pytest

from airflow_batch_provider.local.lifecycle import reasons
from airflow_batch_provider.local.lifecycle.capacity import HostSize, JobQueue, TimeLimit
from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from tests.local.simulation import Simulation

SMALL = HostSize(millicpus=2000, memory_mib=8192, gpus=0)
WITH_GPU = HostSize(millicpus=4000, memory_mib=16384, gpus=1)
MAX_RESOURCE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"


def limited(simulation: Simulation, *limits: TimeLimit) -> JobQueue:
    return simulation.queue("q", simulation.environment(vcpus=4), time_limits=limits)


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ({"vcpus": 2, "memory_mib": 8191}, None),
        ({"vcpus": 4, "memory_mib": 512, "gpus": 1}, None),
        ({"vcpus": 5}, reasons.NO_HOST_LARGE_ENOUGH),
        ({"vcpus": 1, "memory_mib": 16384}, reasons.NO_HOST_LARGE_ENOUGH),
        ({"vcpus": 1, "gpus": 2}, reasons.NO_HOST_LARGE_ENOUGH),
        ({"vcpus": 101}, reasons.TOO_LARGE_FOR_ENVIRONMENTS),
    ],
)
def test_a_job_needs_a_host_that_is_large_enough(
    simulation: Simulation, needs: dict[str, int], reason: str | None
) -> None:
    environment = simulation.environment(vcpus=100)
    environment.host_sizes = (SMALL, WITH_GPU)
    job = simulation.submit(simulation.queue("q", environment), **needs)

    simulation.settle()

    assert job.status is (JobStatus.RUNNING if reason is None else JobStatus.RUNNABLE)
    assert job.status_reason == reason


def test_a_compute_environment_without_a_host_for_the_job_is_passed_over(simulation: Simulation) -> None:
    first, second = simulation.environment("first"), simulation.environment("second")
    first.host_sizes, second.host_sizes = (SMALL,), (WITH_GPU,)
    job = simulation.submit(simulation.queue("q", first, second), gpus=1)

    simulation.settle()

    assert job.current is not None
    assert job.current.environment is second


def test_without_a_compute_environment_that_takes_jobs_the_head_says_so(simulation: Simulation) -> None:
    environment = simulation.environment()
    environment.is_enabled = False
    job = simulation.submit(simulation.queue("q", environment))

    simulation.settle()

    assert job.status_reason == reasons.ENVIRONMENTS_INVALID


def test_a_reason_is_gone_when_the_job_merely_waits(simulation: Simulation) -> None:
    environment = simulation.environment(vcpus=1)
    queue = simulation.queue("q", environment)
    simulation.submit(queue)
    simulation.settle()
    environment.is_enabled = False
    waiting = simulation.submit(queue)
    simulation.settle()
    before = waiting.status_reason

    environment.is_enabled = True
    simulation.region.resource_changed(environment)
    simulation.settle()

    assert before == reasons.ENVIRONMENTS_INVALID
    assert (waiting.status, waiting.status_reason) == (JobStatus.RUNNABLE, None)


def test_a_head_that_is_blocked_for_too_long_is_cancelled(simulation: Simulation) -> None:
    queue = limited(simulation, TimeLimit(MAX_RESOURCE, 600))
    blocked, next_one = simulation.submit(queue, vcpus=5), simulation.submit(queue)
    simulation.settle()
    due = simulation.region.lifecycle.next_deadline()
    simulation.pass_seconds(599)
    before = blocked.status

    simulation.pass_seconds(1)

    assert due == simulation.now
    assert before is JobStatus.RUNNABLE
    assert blocked.status is JobStatus.FAILED
    assert blocked.status_reason == f"Canceled by JobStateTimeLimit action due to reason: {MAX_RESOURCE}"
    assert blocked.is_cancelled
    assert next_one.status is JobStatus.RUNNING


def test_a_limit_for_another_reason_does_not_count(simulation: Simulation) -> None:
    queue = limited(simulation, TimeLimit("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", 600))
    blocked = simulation.submit(queue, vcpus=5)
    simulation.settle()

    simulation.pass_seconds(100_000)

    assert blocked.status is JobStatus.RUNNABLE
    assert simulation.region.lifecycle.next_deadline() is None


def test_the_time_counts_from_when_a_job_is_at_the_head(simulation: Simulation) -> None:
    queue = limited(simulation, TimeLimit(MAX_RESOURCE, 600))
    first, second = simulation.submit(queue, vcpus=5), simulation.submit(queue, vcpus=6)
    simulation.settle()
    simulation.pass_seconds(600)
    simulation.pass_seconds(599)
    before = second.status

    simulation.pass_seconds(1)

    assert first.status is JobStatus.FAILED
    assert (before, second.status) == (JobStatus.RUNNABLE, JobStatus.FAILED)


def test_a_job_that_waits_for_its_turn_is_not_blocked(simulation: Simulation) -> None:
    queue = limited(simulation, TimeLimit(MAX_RESOURCE, 600))
    running, waiting = simulation.submit(queue, vcpus=4), simulation.submit(queue, vcpus=4)
    simulation.settle()

    simulation.pass_seconds(10_000)

    assert (running.status, waiting.status) == (JobStatus.RUNNING, JobStatus.RUNNABLE)


def test_a_job_that_cannot_be_dispatched_fails_when_it_is_placed(simulation: Simulation) -> None:
    environment = simulation.environment(vcpus=1)
    queue = simulation.queue("q", environment)
    running = simulation.submit(queue)
    hopeless = simulation.submit(queue, dispatch_failure=reasons.OVERRIDES_TOO_LONG)
    simulation.settle()
    before = hopeless.status

    simulation.end(running)

    assert before is JobStatus.RUNNABLE
    assert simulation.statuses_of(hopeless) == ["SUBMITTED", "RUNNABLE", "FAILED"]
    assert (hopeless.status_reason, hopeless.attempts) == (reasons.OVERRIDES_TOO_LONG, ())
    assert (environment.in_use, queue.in_use) == (0, 0)
