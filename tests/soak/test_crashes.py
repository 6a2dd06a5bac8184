"""Processes are killed or frozen at different points of runs of every shape."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_processes import SCHEDULER, TRIGGERER, AirflowProcesses
from tests.soak.expected import Expected, Keys, all_succeed_once, first_jobs
from tests.soak.run_under_test import RunUnderTest, check, eventually, finish_all
from tests.soak.shapes import KEYS, submission_mode_of

TRIGGERERS = (TRIGGERER, f"{TRIGGERER}-2")
RESPONSE_DELAY_SECONDS = 55.0
"""The delay of a response; the client's read timeout is one minute."""
FREEZE_SECONDS = 40.0
QUIET_SECONDS = 30.0
"""The time in which no job may appear after a run ends during a submission."""

Start = Callable[[int, str], list[RunUnderTest]]


@pytest.fixture
def start(airflow: AirflowProcesses, batch: LocalBatchRegion) -> Start:
    """Start a run of each shape; the number selects the submission mode of each shape."""

    def start_runs(number: int, suffix: str) -> list[RunUnderTest]:
        return [
            RunUnderTest.start(
                airflow.api, batch, f"{shape}_{submission_mode_of(number, shape)}{suffix}", keys
            )
            for shape, keys in KEYS.items()
        ]

    return start_runs


@pytest.fixture(autouse=True)
def no_faults_left(batch: LocalBatchRegion) -> Iterator[None]:
    yield
    batch.clear_faults_and_scripts()


def test_worker_killed_before_submission(batch: LocalBatchRegion, start: Start) -> None:
    batch.inject_fault(operation="SubmitJob", kind="throttle", times=None)
    tested_runs = start(0, "_retried")
    wait_for_all(tested_runs, lambda tested: has_called(batch, tested), "has tried to submit")

    kill_workers(tested_runs, "submit")
    batch.clear_faults_and_scripts()

    finish_and_check(tested_runs, all_succeed_once)


def test_worker_killed_before_job_id_is_stored(batch: LocalBatchRegion, start: Start) -> None:
    batch.inject_fault(
        operation="SubmitJob", kind="delay", phase="after", seconds=RESPONSE_DELAY_SECONDS, times=None
    )
    tested_runs = start(1, "_retried")

    kill_workers_that_have_submitted(batch, tested_runs)

    finish_and_check(tested_runs, all_succeed_once)


def kill_workers_that_have_submitted(batch: LocalBatchRegion, tested_runs: list[RunUnderTest]) -> None:
    """Kill the workers while they wait for the response of SubmitJob."""
    wait_for_all(tested_runs, lambda tested: bool(tested.jobs("first")), "has submitted")
    kill_workers(tested_runs, "submit")
    batch.clear_faults_and_scripts()


def test_worker_killed_during_submission_without_retry(batch: LocalBatchRegion, start: Start) -> None:
    batch.inject_fault(
        operation="SubmitJob", kind="delay", phase="after", seconds=RESPONSE_DELAY_SECONDS, times=None
    )
    tested_runs = start(0, "")

    kill_workers_that_have_submitted(batch, tested_runs)

    for tested in tested_runs:  # the test does not end these jobs
        check(tested, submission_failed(tested.keys))


def test_worker_killed_while_waiting(start: Start) -> None:
    tested_runs = start(1, "_poking")
    wait_for_all(tested_runs, is_waiting_in_a_worker, "'first' waits in a worker")

    kill_workers(tested_runs, "wait")

    finish_and_check(tested_runs, all_succeed_once)


@pytest.mark.parametrize("number", [0, 1])
def test_run_marked_failed_during_submission(batch: LocalBatchRegion, start: Start, number: int) -> None:
    phase = ("before", "after")[number]
    batch.inject_fault(operation="SubmitJob", kind="delay", phase=phase, seconds=10.0, times=None)
    tested_runs = start(number, "")
    wait_for_all(tested_runs, lambda tested: is_running(tested, tested.submit_task("first")), "'submit' runs")
    if phase == "after":
        wait_for_all(tested_runs, lambda tested: bool(tested.jobs("first")), "has submitted")
    else:
        time.sleep(3)

    for tested in tested_runs:
        tested.mark("failed")

    wait_until_quiet(tested_runs)
    for tested in tested_runs:
        assert tested.wait_ended() == "failed"
        assert set(tested.task_states().values()) <= {"failed", "skipped"}
        assert set(tested.submitted().values()) <= {0, 1}
        assert tested.terminated() == first_jobs(key for key in tested.keys if tested.jobs(key))


@pytest.mark.parametrize("number", [0, 1])
def test_triggerers_killed_or_stopped_and_restarted(
    airflow: AirflowProcesses, start: Start, number: int
) -> None:
    tested_runs = start(number, "")
    wait_for_all(tested_runs, lambda tested: tested.task_state("first") == "deferred", "'first' waits")

    for name in TRIGGERERS:
        triggerer = airflow.service(name)
        (triggerer.kill if number else triggerer.stop)()
    for name in TRIGGERERS:
        airflow.start(name)

    finish_and_check(tested_runs, all_succeed_once)


def test_triggerer_frozen_and_replaced(airflow: AirflowProcesses, start: Start) -> None:
    airflow.service(TRIGGERERS[1]).stop()
    tested_runs = start(0, "")
    wait_for_all(tested_runs, is_watched_by_a_trigger, "a trigger watches 'first'")
    airflow.start(TRIGGERERS[1])

    airflow.service(TRIGGERER).signal(signal.SIGSTOP)
    time.sleep(FREEZE_SECONDS)
    airflow.service(TRIGGERER).signal(signal.SIGCONT)
    time.sleep(QUIET_SECONDS)

    assert [tested.terminated() for tested in tested_runs] == [set()] * len(tested_runs)
    finish_and_check(tested_runs, all_succeed_once)


@pytest.mark.parametrize("number", [0, 1])
def test_scheduler_killed_while_tasks_wait(airflow: AirflowProcesses, start: Start, number: int) -> None:
    tested_runs = start(number, ("", "_poking")[number])
    waits = (lambda tested: tested.task_state("first") == "deferred", is_waiting_in_a_worker)[number]
    wait_for_all(tested_runs, waits, "'first' waits")

    airflow.service(SCHEDULER).kill()
    airflow.start(SCHEDULER)

    finish_and_check(tested_runs, all_succeed_once)


def test_scheduler_killed_during_submission(
    airflow: AirflowProcesses, batch: LocalBatchRegion, start: Start
) -> None:
    batch.inject_fault(
        operation="SubmitJob", kind="delay", phase="after", seconds=RESPONSE_DELAY_SECONDS, times=None
    )
    tested_runs = start(1, "")
    wait_for_all(tested_runs, lambda tested: bool(tested.jobs("first")), "has submitted")

    airflow.service(SCHEDULER).kill()
    batch.clear_faults_and_scripts()
    airflow.start(SCHEDULER)

    finish_and_check(tested_runs, all_succeed_once)


def submission_failed(keys: Keys) -> Expected:
    """The first job was submitted and terminated; the others were never submitted."""
    first, *others = keys
    tasks = dict.fromkeys(keys, "upstream_failed")
    submitted = {first: 1, **dict.fromkeys(others, 0)}
    return Expected("failed", tasks, submitted, first_jobs([first]), submitting=("failed", "upstream_failed"))


def finish_and_check(tested_runs: Sequence[RunUnderTest], expected: Callable[[Keys], Expected]) -> None:
    finish_all(tested_runs)
    for tested in tested_runs:
        check(tested, expected(tested.keys))


def wait_for_all(
    tested_runs: Sequence[RunUnderTest], holds: Callable[[RunUnderTest], bool], what: str
) -> None:
    for tested in tested_runs:
        eventually(lambda tested=tested: holds(tested), f"{tested.dag_id}: {what}")  # type: ignore[misc]


def wait_until_quiet(tested_runs: Sequence[RunUnderTest]) -> None:
    """Wait until no job is live and none appears for a while."""
    quiet_since = time.monotonic()

    def is_quiet() -> bool:
        nonlocal quiet_since
        if any(tested.live() for tested in tested_runs):
            quiet_since = time.monotonic()
        return time.monotonic() - quiet_since > QUIET_SECONDS

    eventually(is_quiet, "no live job")


def has_called(batch: LocalBatchRegion, tested: RunUnderTest) -> bool:
    """Return whether SubmitJob was called for this run."""
    prefix = JobIdentity(tested.dag_id, tested.run.run_id, "").run_prefix
    names = [call["request"].get("jobName", "") for call in batch.requests()]
    return any(name.startswith(prefix) for name in names)


def is_running(tested: RunUnderTest, task_id: str) -> bool:
    return tested.task_states().get(task_id) == "running"


def is_waiting_in_a_worker(tested: RunUnderTest) -> bool:
    return is_running(tested, tested.task("first")) and has_logged_status(tested, "first")


def is_watched_by_a_trigger(tested: RunUnderTest) -> bool:
    return tested.task_state("first") == "deferred" and has_logged_status(tested, "first")


def has_logged_status(tested: RunUnderTest, key: str) -> bool:
    """Return whether the log of the task that follows a job contains the job's status."""
    jobs = tested.jobs(key)
    return bool(jobs) and f"Job {jobs[0]['jobId']} '" in tested.log(key)


def kill_workers(tested_runs: Sequence[RunUnderTest], what: str) -> None:
    """Kill the process that submits or waits for the first job of each run."""
    for tested in tested_runs:
        task_id = tested.submit_task("first") if what == "submit" else tested.task("first")
        process = tested.process_of(task_id)
        assert process is not None, f"no process runs '{task_id}' of {tested.dag_id}"
        process.kill()
