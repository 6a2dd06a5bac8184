"""
Retrying, clearing and marking tasks and runs leaves one live job per task and no stale success.

Only tests/soak checks the state of a marked run, on PostgreSQL. SQLite has no row locks, so a scheduler
that is processing the run at the same time can overwrite the mark.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.account import aws_client
from harness.airflow_processes import TRIGGERER, AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.airflow_versions import notifies_triggers, records_cleared_tasks

ENDED = ("SUCCEEDED", "FAILED")


class Recovery:
    """A run of one of the `recovery` workflows, with all jobs ever submitted for it."""

    def __init__(self, airflow: AirflowProcesses, batch_url: str, dag_id: str, conf: dict[str, Any]) -> None:
        airflow.api.wait_for_dag(dag_id)
        self.api = airflow.api
        self.run = RunUnderTest(airflow.api, batch_url, airflow.api.trigger(dag_id, conf=conf))
        self._dag_id, self._run_id = dag_id, self.run.run.run_id
        self._batch = aws_client("batch", batch_url)

    def jobs(self, key: str) -> list[dict[str, Any]]:
        """Return all jobs with a job key, oldest first."""
        return self.run.jobs(key)

    def counts(self) -> dict[str, int]:
        return {key: len(self.jobs(key)) for key in ("first", "middle", "last")}

    def live(self) -> Counter[str]:
        """Return the number of jobs by job key that are running or waiting to run."""
        return Counter(
            key
            for key in ("first", "middle", "last")
            for job in self.jobs(key)
            if job["status"] not in ENDED and not job.get("isTerminated")
        )

    def submit_tries(self) -> int:
        return self.api.task_instance(self._dag_id, self._run_id, "submit").try_number

    def clear(self, *task_ids: str, downstream: bool = False) -> None:
        self.api.clear_tasks(self._dag_id, self._run_id, task_ids, downstream=downstream)

    def clear_failed(self) -> None:
        self.api.clear_run(self._dag_id, self._run_id, only_failed=True)

    def mark(self, state: str, task_id: str | None = None) -> None:
        if task_id is None:
            self.api.set_run_state(self._dag_id, self._run_id, state)
        else:
            self.api.set_task_state(self._dag_id, self._run_id, task_id, state)

    def end(self) -> None:
        """Terminate all jobs and wait until the run has ended."""
        for key in ("first", "middle", "last"):
            for job in self.jobs(key):
                self._batch.terminate_job(jobId=job["jobId"], reason="The test is over")
        eventually(lambda: self.run.api.run(self._dag_id, self._run_id).is_final)


Start = Callable[..., Recovery]


@pytest.fixture
def start(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> Start:
    def start_run(dag_id: str = "recovery", **conf: Any) -> Recovery:
        return Recovery(airflow, local_batch.url, dag_id, conf)

    return start_run


@pytest.fixture
def waiting(start: Start) -> Recovery:
    """A run with a long first job, whose task is deferred and watched by the triggerer."""
    recovery = start(seconds=900)
    recovery.run.wait_for_task("first", "deferred")
    eventually(lambda: "is RUNNING" in recovery.run.log("first"))
    return recovery


def test_airflow_retry_resubmits_failed_job_and_downstream_jobs(start: Start, tmp_path: Path) -> None:
    recovery = start("recovery_retried", marker=str(tmp_path / "marker"))

    state = recovery.run.wait()

    assert state == "success"
    assert recovery.counts() == {"first": 1, "middle": 2, "last": 2}


def test_airflow_retry_after_last_attempt_resubmits_and_logs_jobs(start: Start, tmp_path: Path) -> None:
    recovery = start("recovery_attempts", marker=str(tmp_path / "marker"))

    state = recovery.run.wait()

    first, second = (job["jobId"] for job in recovery.jobs("first"))
    assert state == "success"
    assert recovery.counts() == {"first": 2, "middle": 2, "last": 2}
    assert (tmp_path / "marker").read_text() == "tried\n" * 3
    failed, retried = (recovery.run.log("first", try_number=number) for number in (1, 2))
    assert f"job 'first' ({first}) failed on attempt 2 of 2 with exit code 1" in failed
    assert f"Submitted job {second}" in retried
    assert f"Job {second} '" in retried
    assert "Submitted job" in recovery.run.log("middle")


def test_clearing_failed_tasks_resubmits_only_unsuccessful_jobs(start: Start, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    marker.touch()
    recovery = start(marker=str(marker))
    first_state = recovery.run.wait()
    marker.unlink()

    recovery.clear_failed()
    state = recovery.run.wait()

    assert (first_state, state) == ("failed", "success")
    assert recovery.counts() == {"first": 1, "middle": 2, "last": 2}


def test_clearing_one_task_resubmits_only_its_job(start: Start) -> None:
    recovery = start()
    recovery.run.wait()

    recovery.clear("middle")
    state = recovery.run.wait()

    assert state == "success"
    assert recovery.counts() == {"first": 1, "middle": 2, "last": 1}


def test_clearing_submit_with_downstream_resubmits_all_jobs(start: Start) -> None:
    recovery = start()
    recovery.run.wait()

    recovery.clear("submit", downstream=True)
    state = recovery.run.wait()

    assert state == "success"
    assert recovery.counts() == {"first": 2, "middle": 2, "last": 2}


@records_cleared_tasks
def test_clearing_task_with_downstream_terminates_its_live_job(waiting: Recovery) -> None:
    recovery = waiting

    recovery.clear("first", downstream=True)
    eventually(lambda: len(recovery.jobs("first")) == 2)
    recovery.run.wait_for_task("first", "deferred")
    live = eventually(lambda: recovery.live() if recovery.live()["middle"] == 0 else None)

    recovery.end()
    assert live == {"first": 1}
    assert recovery.counts()["first"] == 2


POOL = "/api/v2/pools/default_pool"


@pytest.fixture
def set_pool_slots(airflow: AirflowProcesses) -> Iterator[Callable[[int], None]]:
    """Set the slots of Airflow's default pool; the test's end restores them."""
    slots_before = airflow.api.call("GET", POOL)["slots"]

    def set_slots(slots: int) -> None:
        body = {"slots": slots, "include_deferred": False}
        airflow.api.call("PATCH", POOL, body, update_mask="slots")

    yield set_slots
    set_slots(slots_before)


@notifies_triggers
def test_clearing_task_that_gets_no_slot_terminates_its_live_job(
    waiting: Recovery, set_pool_slots: Callable[[int], None]
) -> None:
    set_pool_slots(0)
    waiting.clear("first")

    eventually(lambda: not waiting.live()["first"])
    assert waiting.counts()["first"] == 1
    assert waiting.api.task_instance("recovery", waiting.run.run.run_id, "first").state == "scheduled"

    set_pool_slots(128)
    eventually(lambda: waiting.live()["first"])
    waiting.end()
    assert waiting.counts()["first"] == 2


def test_clearing_only_submit_keeps_followed_jobs(waiting: Recovery) -> None:
    recovery = waiting
    before = recovery.run.xcom("submit", "first")

    recovery.clear("submit")
    eventually(lambda: recovery.submit_tries() == 2)
    recovery.run.wait_for_task("submit", "success")

    after, live = recovery.run.xcom("submit", "first"), recovery.live()
    recovery.end()
    assert after == before
    assert live == {"first": 1, "middle": 1, "last": 1}


@pytest.mark.parametrize("state", ["failed", "success"])
def test_marking_deferred_task_terminates_its_job(waiting: Recovery, state: str) -> None:
    recovery = waiting

    recovery.mark(state, "first")
    (job,) = eventually(lambda: [job for job in recovery.jobs("first") if job["status"] == "FAILED"])

    recovery.end()
    assert job["statusReason"] in (
        f"Task 'first' no longer follows this job: its state is {state}",  # from the trigger
        "A user marked task 'first' as success, failed or skipped in Airflow",  # from the API server
        "The run of this job's workflow has ended in Airflow",  # from the DAG's callback
    )


@notifies_triggers
def test_log_of_marked_task_contains_job_output(waiting: Recovery) -> None:
    recovery = waiting
    before = recovery.run.log("first")

    recovery.mark("failed", "first")
    log = eventually(lambda: log if "hard at work" in (log := recovery.run.log("first")) else None)

    recovery.end()
    assert "hard at work" not in before
    assert "Task 'first' no longer follows this job: its state is failed" in log


def test_marking_run_failed_leaves_no_live_jobs(waiting: Recovery) -> None:
    recovery = waiting

    recovery.mark("failed")
    eventually(lambda: not recovery.live())

    assert recovery.counts() == {"first": 1, "middle": 1, "last": 1}


@pytest.fixture
def held(start: Start) -> Recovery:
    """A run whose jobs are all live and whose tasks do not follow them yet."""
    recovery = start("held")
    recovery.run.wait_for_task("submit", "success")
    recovery.run.wait_for_task("first", "scheduled")
    return recovery


@pytest.mark.parametrize("state", ["failed", "success"])
def test_marking_run_before_tasks_wait_leaves_no_live_jobs(held: Recovery, state: str) -> None:
    held.mark(state)

    eventually(lambda: not held.live())
    assert held.counts() == {"first": 1, "middle": 1, "last": 1}


def test_marking_task_before_it_waits_terminates_its_job(held: Recovery) -> None:
    held.mark("success", "first")
    (job,) = eventually(lambda: [job for job in held.jobs("first") if job["status"] == "FAILED"])

    held.mark("failed")
    eventually(lambda: not held.live())
    assert job["statusReason"] == "A user marked task 'first' as success, failed or skipped in Airflow"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_triggerer_restart_terminates_no_jobs(
    start: Start, airflow: AirflowProcesses, how: signal.Signals
) -> None:
    recovery = start(seconds=8)
    recovery.run.wait_for_task("first", "deferred")

    airflow.service(TRIGGERER).kill() if how is signal.SIGKILL else airflow.service(TRIGGERER).stop()
    airflow.start(TRIGGERER)
    state = recovery.run.wait()

    assert state == "success"
    assert recovery.counts() == {"first": 1, "middle": 1, "last": 1}
