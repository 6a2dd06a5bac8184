import pytest

from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from airflow_batch_provider.local.lifecycle.retries import EvaluateOnExitEntry, RetryStrategy
from tests.local.simulation import Simulation


def test_a_failed_attempt_makes_the_job_runnable_again(
    simulation: Simulation, two_attempts: dict[str, object]
) -> None:
    job = simulation.submit(simulation.queue(), **two_attempts)
    simulation.settle()

    simulation.end(job, 1)
    simulation.end(job, 0)

    assert simulation.statuses_of(job)[3:] == ["RUNNING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert [(attempt.number, attempt.exit_code) for attempt in job.attempts] == [(1, 1), (2, 0)]


def test_started_at_is_that_of_the_last_attempt(
    simulation: Simulation, two_attempts: dict[str, object]
) -> None:
    job = simulation.submit(simulation.queue(), **two_attempts)
    simulation.settle()
    simulation.pass_seconds(10)

    simulation.end(job, 1)
    simulation.pass_seconds(10)
    simulation.end(job, 1)

    assert job.started_at == job.attempts[1].started_at
    assert job.attempts[0].started_at != job.attempts[1].started_at


def test_the_last_attempt_fails_the_job(simulation: Simulation, two_attempts: dict[str, object]) -> None:
    job = simulation.submit(simulation.queue(), **two_attempts)
    simulation.settle()

    simulation.end(job, 1)
    simulation.end(job, 2)

    assert job.status is JobStatus.FAILED
    assert len(job.attempts) == 2


def test_a_retried_job_goes_to_the_front_of_its_queue(
    simulation: Simulation, two_attempts: dict[str, object]
) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    first, second, retried = simulation.submit(queue), simulation.submit(queue), None
    retried = simulation.submit(queue, **two_attempts)
    simulation.settle()
    simulation.end(first)
    simulation.end(second)
    late = simulation.submit(queue)
    simulation.settle()

    simulation.end(retried, 1)

    assert [retried.status, late.status] == ["RUNNING", "RUNNABLE"]


def test_an_attempt_that_never_ran_has_no_start_and_no_exit_code(simulation: Simulation) -> None:
    job = simulation.submit(simulation.queue())
    simulation.region.advance(simulation.now, 10)
    assert job.current is not None

    simulation.end(job, None, reason="CannotPullContainerError: no", status_reason="Task failed to start")

    attempt = job.attempts[0]
    assert (job.status, job.status_reason) == (JobStatus.FAILED, "Task failed to start")
    assert (attempt.started_at, attempt.exit_code) == (None, None)
    assert attempt.reason == "CannotPullContainerError: no"


@pytest.mark.parametrize(
    ("entries", "retries"),
    [
        ((), True),
        ((EvaluateOnExitEntry(retries=False, on_exit_code="3"),), False),
        ((EvaluateOnExitEntry(retries=False, on_exit_code="4"),), True),
        ((EvaluateOnExitEntry(retries=False, on_exit_code="3*"),), False),
        ((EvaluateOnExitEntry(retries=False, on_reason="*"),), False),
        ((EvaluateOnExitEntry(retries=False, on_reason="Out*"),), True),
        ((EvaluateOnExitEntry(retries=False, on_status_reason="Essential*"),), False),
        ((EvaluateOnExitEntry(retries=False, on_status_reason="Essential"),), True),
        ((EvaluateOnExitEntry(retries=False, on_status_reason="Essential*", on_exit_code="9"),), True),
        (
            (
                EvaluateOnExitEntry(retries=True, on_exit_code="3"),
                EvaluateOnExitEntry(retries=False, on_reason="*"),
            ),
            True,
        ),
        (
            (
                EvaluateOnExitEntry(retries=False, on_reason="*"),
                EvaluateOnExitEntry(retries=True, on_exit_code="3"),
            ),
            False,
        ),
    ],
)
def test_the_first_evaluate_on_exit_entry_that_matches_decides(
    entries: tuple[EvaluateOnExitEntry, ...], retries: bool
) -> None:
    strategy = RetryStrategy(attempts=5, evaluate_on_exit=entries)

    assert strategy.allows_another(1, "Essential container in task exited", None, 3) is retries


def test_evaluate_on_exit_cannot_exceed_the_attempts() -> None:
    strategy = RetryStrategy(
        attempts=2, evaluate_on_exit=(EvaluateOnExitEntry(retries=True, on_exit_code="*"),)
    )

    assert not strategy.allows_another(2, "Essential container in task exited", None, 1)


def test_a_reclaimed_host_is_matched_by_its_prefix() -> None:
    strategy = RetryStrategy(
        attempts=2,
        evaluate_on_exit=(
            EvaluateOnExitEntry(retries=True, on_status_reason="Host EC2*"),
            EvaluateOnExitEntry(retries=False, on_reason="*"),
        ),
    )

    assert strategy.allows_another(1, "Host EC2 (instance i-0123) terminated.", None, None)
