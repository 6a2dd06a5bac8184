from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from tests.local.simulation import Simulation


def test_an_attempt_that_exceeds_its_timeout_is_stopped_and_fails_the_job(
    simulation: Simulation, two_attempts: dict[str, object]
) -> None:
    job = simulation.submit(simulation.queue(), timeout_seconds=60, **two_attempts)
    simulation.settle()
    simulation.pass_seconds(59.999)
    before = list(simulation.stopped)

    simulation.pass_seconds(0.001)
    simulation.end(job, 137)

    assert before == []
    assert simulation.stopped == [job]
    assert (job.status, job.status_reason) == (JobStatus.FAILED, "Job attempt duration exceeded timeout")
    assert job.attempts[0].status_reason == "Job attempt duration exceeded timeout"
    assert len(job.attempts) == 1


def test_the_timeout_applies_to_each_attempt(simulation: Simulation, two_attempts: dict[str, object]) -> None:
    job = simulation.submit(simulation.queue(), timeout_seconds=60, **two_attempts)
    simulation.settle()
    simulation.pass_seconds(50)
    simulation.end(job, 1)

    simulation.pass_seconds(50)

    assert simulation.stopped == []
    assert simulation.region.lifecycle.next_deadline() == simulation.now + 10_000


def test_a_job_that_exits_with_zero_after_its_timeout_has_failed_all_the_same(
    simulation: Simulation,
) -> None:
    job = simulation.submit(simulation.queue(), timeout_seconds=60)
    simulation.settle()
    simulation.pass_seconds(61)

    simulation.end(job, 0)

    assert job.status is JobStatus.FAILED


def test_children_time_out_one_by_one_and_the_parent_has_no_timeout(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    array = simulation.submit(queue, array_size=2, timeout_seconds=60)
    simulation.settle()
    simulation.pass_seconds(60)
    simulation.end(simulation.stopped[0], 137)

    simulation.pass_seconds(59)

    assert len(simulation.stopped) == 1
    assert array.status is JobStatus.PENDING


def test_no_deadline_is_left_when_nothing_runs(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue(), timeout_seconds=60)
    simulation.settle()

    simulation.end(job)

    assert simulation.region.lifecycle.next_deadline() is None
