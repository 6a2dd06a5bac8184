from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from tests.local.simulation import Simulation


def test_a_job_without_dependencies_passes_every_status_but_pending(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())

    simulation.settle()
    simulation.end(job)

    assert simulation.statuses_of(job) == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_a_job_keeps_submitted_until_the_scheduler_has_seen_it(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())

    assert job.status is JobStatus.SUBMITTED


def test_a_successful_exit_carries_the_reason_of_every_exit(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()

    simulation.end(job)

    assert job.status_reason == "Essential container in task exited"
    assert job.attempts[0].status_reason == "Essential container in task exited"
    assert job.attempts[0].exit_code == 0


def test_a_failed_exit_ends_the_job(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()

    simulation.end(job, 3)

    assert job.status is JobStatus.FAILED
    assert job.status_reason == "Essential container in task exited"


def test_times_are_those_of_the_transitions(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    submitted_at = simulation.now
    simulation.pass_seconds(5)
    started_at = simulation.now
    simulation.pass_seconds(7)

    simulation.end(job)

    assert (job.created_at, job.started_at, job.stopped_at) == (submitted_at, started_at, simulation.now)
    assert job.attempts[0].stopped_at == job.stopped_at


def test_a_job_that_never_ran_has_no_start_and_no_attempts(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    second = simulation.submit(queue, first)
    simulation.settle()

    simulation.end(first, 1)

    assert second.status is JobStatus.FAILED
    assert second.started_at is None
    assert second.attempts == ()


def test_a_report_of_an_attempt_that_has_ended_is_ignored(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()
    attempt = job.current
    simulation.end(job)

    assert attempt is not None
    simulation.region.lifecycle.attempts.started(job, attempt, simulation.now)

    assert job.status is JobStatus.SUCCEEDED


def test_a_finished_job_is_kept_for_seven_days(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.settle()
    simulation.end(job)

    simulation.pass_seconds(7 * 24 * 3600)
    kept = simulation.region.find_job(job.job_id)
    simulation.pass_seconds(1)

    assert kept is job
    assert simulation.region.find_job(job.job_id) is None
