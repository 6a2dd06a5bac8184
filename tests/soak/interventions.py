"""What users do to runs by hand, and timeouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.soak.expected import (
    Expected,
    Keys,
    all_resubmitted,
    all_succeed_once,
    ended,
    first_fails,
    first_marked_success,
    resubmitted_after_failure,
)
from tests.soak.run_under_test import RunUnderTest, eventually


@dataclass(frozen=True)
class Intervention:
    """
    One intervention in a run whose jobs are all submitted.

    :param suffix: selects the variant of the DAG.
    :param waits_for: the state of the first task to wait for, or None.
    :param allowed_per_job: whether it applies if a separate task submits each job.
    :param leaves_jobs: whether jobs keep running, so that the test must end them.
    """

    name: str
    apply: Callable[[RunUnderTest], None]
    expected: Callable[[Keys], Expected]
    suffix: str = ""
    waits_for: str | None = "deferred"
    allowed_per_job: bool = True
    leaves_jobs: bool = False


def nothing(tested: RunUnderTest) -> None:
    """Do nothing: a timeout is expected."""


def clear(tested: RunUnderTest) -> None:
    tested.clear("first")
    _wait_for_a_new_job(tested)


def clear_with_downstream(tested: RunUnderTest) -> None:
    tested.clear("first", downstream=True)
    _wait_for_a_new_job(tested)


def clear_failed(tested: RunUnderTest) -> None:
    """Let the first job fail and its run with it, then clear what has failed."""
    for job in eventually(tested.running_jobs, "'first' runs"):
        tested.batch.end_job(job["jobId"], exit_code=1)
    assert tested.wait_ended() == "failed"
    tested.api.clear_run(tested.dag_id, tested.run.run_id, only_failed=True)
    _wait_for_a_new_job(tested)


def clear_submit(tested: RunUnderTest) -> None:
    task = tested.submit_task("first")
    tested.api.clear_tasks(tested.dag_id, tested.run.run_id, [task])
    eventually(
        lambda: tested.api.task_instance(tested.dag_id, tested.run.run_id, task).try_number == 2,
        "submit again",
    )
    tested.api.wait_for_task(tested.dag_id, tested.run.run_id, task, ["success"], timeout_seconds=600)


def mark_task(state: str) -> Callable[[RunUnderTest], None]:
    def mark(tested: RunUnderTest) -> None:
        tested.mark(state, "first")
        eventually(lambda: "first#1" in tested.terminated(), "the job of 'first' is terminated")

    return mark


def mark_run(state: str) -> Callable[[RunUnderTest], None]:
    return lambda tested: tested.mark(state)


def _wait_for_a_new_job(tested: RunUnderTest) -> None:
    eventually(lambda: len(tested.jobs("first")) == 2, "a new job for 'first'")


def run_failed_first(keys: Keys) -> Expected:
    return ended(keys, "failed", "failed")


def run_succeeded_first(keys: Keys) -> Expected:
    return ended(keys, "success", "success")


def run_failed_before(keys: Keys) -> Expected:
    return ended(keys, "failed", "skipped")


INTERVENTIONS = [
    Intervention("clear", clear, all_resubmitted, leaves_jobs=True),
    Intervention("clear_with_downstream", clear_with_downstream, all_resubmitted, leaves_jobs=True),
    Intervention("clear_failed", clear_failed, resubmitted_after_failure, leaves_jobs=True),
    Intervention("clear_submit", clear_submit, all_succeed_once, leaves_jobs=True),
    Intervention("mark_failed", mark_task("failed"), first_fails),
    Intervention("mark_success", mark_task("success"), first_marked_success, leaves_jobs=True),
    Intervention("mark_run_failed", mark_run("failed"), run_failed_first),
    Intervention("mark_run_success", mark_run("success"), run_succeeded_first),
    Intervention(
        "mark_run_failed_before_it_waits",
        mark_run("failed"),
        run_failed_before,
        suffix="_held",
        # While Airflow's scheduler sets tasks to this state, it can overwrite the mark with "success".
        waits_for="scheduled",
        allowed_per_job=False,
    ),
    # On a busy machine, the run can time out before the test has seen that a task is deferred.
    Intervention("dagrun_timeout", nothing, run_failed_before, suffix="_short", waits_for=None),
    Intervention("execution_timeout", nothing, first_fails, suffix="_deadline", waits_for=None),
]
