"""The demo's error message if the workflow fails."""

from datetime import UTC, datetime

import pytest

from harness.airflow_records import DagRun, TaskInstance
from harness.workflow import WorkflowFailedError, check_success

LOG = "\n".join([f"line {number}" for number in range(20)] + ["job 'clean' failed with exit code 3"])


class FinishedTasks:
    """A fake Airflow API after the runs have ended: the second try of `clean` has failed."""

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        states = {"submit": "success", "clean": "failed", "process": "upstream_failed"}
        return [TaskInstance(task_id, -1, state, 2, 1, None, None) for task_id, state in states.items()]

    def log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int) -> str:
        return {("clean", 2): LOG}[task_id, try_number]


def run_of(month: int, state: str) -> DagRun:
    start, end = datetime(2008, month, 1, 6, tzinfo=UTC), datetime(2008, month + 1, 1, 6, tzinfo=UTC)
    return DagRun("post_trade", f"run-{month}", state, "backfill", start, end)


def test_successful_runs_raise_nothing():
    check_success(FinishedTasks(), [run_of(1, "success"), run_of(2, "success")])


def test_error_of_failed_run_contains_failed_tasks_and_last_log_lines():
    with pytest.raises(WorkflowFailedError) as caught:
        check_success(FinishedTasks(), [run_of(1, "success"), run_of(2, "failed")])

    lines = str(caught.value).splitlines()
    assert lines[:2] == ["The run of 2008-02 failed.", "Task 'clean' failed. Last lines of its log:"]
    assert lines[-1].strip() == "job 'clean' failed with exit code 3"
    assert len(lines) == 2 + 6
