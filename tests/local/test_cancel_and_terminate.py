import pytest

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.stop_requests import STOP_BATCH_SIZE
from tests.local.simulation import Simulation, children_of, statuses


@pytest.fixture(params=["cancel", "terminate"])
def verb(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(simulation: Simulation, verb: str, job: Job, reason: str = "not needed") -> None:
    getattr(simulation.region.lifecycle, verb)(job, reason, simulation.now)
    simulation.settle()


def test_a_runnable_job_ends_with_the_callers_reason(simulation: Simulation, verb: str) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    blocking, job = simulation.submit(queue), simulation.submit(queue)
    simulation.settle()

    ask(simulation, verb, job)
    simulation.end(blocking)

    assert (job.status, job.status_reason, job.attempts) == (JobStatus.FAILED, "not needed", ())


def test_a_job_that_was_just_submitted_ends_without_being_placed(simulation: Simulation, verb: str) -> None:
    job = simulation.submit(simulation.queue())

    ask(simulation, verb, job)

    assert simulation.statuses_of(job) == ["SUBMITTED", "FAILED"]


def test_a_pending_job_ends_only_when_its_dependencies_have(simulation: Simulation, verb: str) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    job = simulation.submit(queue, first)
    simulation.settle()

    ask(simulation, verb, job)
    meanwhile = job.status
    simulation.end(first)

    assert meanwhile is JobStatus.PENDING
    assert (job.status, job.status_reason) == (JobStatus.FAILED, "not needed")
    assert (job.is_cancelled, job.is_terminated) == (verb == "cancel", verb == "terminate")


def test_cancel_leaves_a_running_job_alone(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()

    ask(simulation, "cancel", job)
    simulation.end(job)

    assert job.status is JobStatus.SUCCEEDED
    assert not job.is_cancelled
    assert simulation.stopped == []


def test_terminate_stops_a_running_job_and_nothing_is_retried(
    simulation: Simulation, two_attempts: dict[str, object]
) -> None:
    job = simulation.submit(simulation.queue(), **two_attempts)
    simulation.settle()

    ask(simulation, "terminate", job)
    while_stopping = job.status
    simulation.end(job, 137)

    assert while_stopping is JobStatus.RUNNING
    assert simulation.stopped == [job]
    assert (job.status, job.status_reason) == (JobStatus.FAILED, "not needed")
    assert job.attempts[0].status_reason == "not needed"
    assert job.is_terminated


def test_terminating_twice_keeps_the_first_reason_and_stops_once(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()

    ask(simulation, "terminate", job, "first")
    ask(simulation, "terminate", job, "second")
    simulation.end(job, 143)

    assert simulation.stopped == [job]
    assert job.status_reason == "first"


def test_terminate_stops_a_starting_job(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.region.advance(simulation.now, 10)
    assert job.status is JobStatus.STARTING

    simulation.region.lifecycle.terminate(job, "not needed", simulation.now)
    simulation.end(job, None)

    assert (job.status, job.status_reason) == (JobStatus.FAILED, "not needed")


def test_an_ended_job_stays_as_it_is(simulation: Simulation, verb: str) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()
    simulation.end(job)

    ask(simulation, verb, job)

    assert job.status is JobStatus.SUCCEEDED
    assert not job.is_cancelled
    assert not job.is_terminated


def test_terminating_an_array_ends_every_child_with_the_same_reason(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue("q", simulation.environment(vcpus=1)), array_size=3)
    simulation.settle()

    ask(simulation, "terminate", array)
    meanwhile = statuses(array, *children_of(array))
    simulation.end(children_of(array)[0], 137)

    assert meanwhile == ["PENDING", "RUNNING", "FAILED", "FAILED"]
    assert {child.status_reason for child in children_of(array)} == {"not needed"}
    assert (array.status, array.status_reason) == (JobStatus.FAILED, "Array Child Job failed")


def test_cancelling_an_array_lets_its_running_children_finish(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue("q", simulation.environment(vcpus=1)), array_size=2)
    simulation.settle()

    ask(simulation, "cancel", array)
    simulation.end(children_of(array)[0])

    assert statuses(*children_of(array), array) == ["SUCCEEDED", "FAILED", "FAILED"]
    assert array.is_cancelled


def test_a_single_child_can_be_terminated(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue(), array_size=2)
    simulation.settle()
    first, second = children_of(array)

    ask(simulation, "terminate", first)
    simulation.end(first, 143)
    simulation.end(second)

    assert statuses(first, second, array) == ["FAILED", "SUCCEEDED", "FAILED"]


def test_an_array_that_waits_is_ended_with_its_dependencies_and_spawns_nothing(
    simulation: Simulation, verb: str
) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    array = simulation.submit(queue, first, array_size=2)
    simulation.settle()

    ask(simulation, verb, array)
    simulation.end(first)

    assert (array.status, array.status_reason, array.children) == (JobStatus.FAILED, "not needed", None)


def test_cancelled_n_to_n_children_end_after_their_counterparts(simulation: Simulation, verb: str) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue, array_size=2)
    second = simulation.submit(queue, array_size=2, n_to_n_dependencies=(first,))
    simulation.settle()

    ask(simulation, verb, second)
    meanwhile = statuses(*children_of(second))
    for child in children_of(first):
        simulation.end(child)

    assert meanwhile == ["PENDING", "PENDING"]
    assert statuses(*children_of(second)) == ["FAILED", "FAILED"]
    assert {child.status_reason for child in children_of(second)} == {"not needed"}


def test_a_large_array_job_is_stopped_in_portions(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    array = simulation.submit(queue, array_size=STOP_BATCH_SIZE + 100)
    simulation.settle()
    running, *waiting = children_of(array)

    simulation.region.lifecycle.cancel(array, "not needed", simulation.now)
    at_once = sum(child.status.is_final for child in waiting)
    has_more = simulation.region.advance(simulation.now, 10)
    later = sum(child.status.is_final for child in waiting)
    simulation.settle()
    simulation.end(running)

    assert array.is_cancelled
    assert (at_once, later, has_more) == (STOP_BATCH_SIZE - 1, STOP_BATCH_SIZE + 9, True)
    assert {child.status_reason for child in waiting} == {"not needed"}
    assert (running.status, array.status) == (JobStatus.SUCCEEDED, JobStatus.FAILED)


def test_nothing_is_placed_before_all_children_are_stopped(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    array = simulation.submit(queue, array_size=STOP_BATCH_SIZE + 100)
    simulation.settle()
    running = children_of(array)[0]

    simulation.region.lifecycle.cancel(array, "not needed", simulation.now)
    simulation.end(running)

    assert simulation.started == [running]
