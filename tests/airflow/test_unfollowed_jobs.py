"""Jobs that AWS Batch runs although Airflow does not run their tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.airflow_versions import notifies_of_skips

ENDED = ("SUCCEEDED", "FAILED")
LINKS = {"Batch job", "Batch job definition", "Batch job queue"}


class Paired:
    """A run of one of the `paired` workflows."""

    def __init__(self, airflow: AirflowProcesses, batch_url: str, dag_id: str, conf: dict[str, Any]) -> None:
        airflow.api.wait_for_dag(dag_id)
        self.api = airflow.api
        self.dag_id = dag_id
        self.run = RunUnderTest(airflow.api, batch_url, airflow.api.trigger(dag_id, conf=conf))
        self.batch = aws_client("batch", batch_url)

    def task(self, key: str) -> str:
        """Return the ID of the task that follows a job."""
        return f"{key}.wait" if self.dag_id == "paired_per_job" else key

    def state(self, key: str) -> str | None:
        return self.run.states[self.task(key)]

    def states(self) -> dict[str, str | None]:
        return {key: self.state(key) for key in ("align", "call", "merge", "report")}

    def jobs(self, key: str) -> list[dict[str, Any]]:
        """Return all jobs of a job key, oldest first."""
        return [self.run.describe(job["jobId"]) for job in self.run.jobs(key)]

    def all_jobs(self) -> dict[str, list[tuple[int, str]]]:
        """Return the size and status of every job that AWS Batch has seen."""
        return {
            key: [(job.get("arrayProperties", {}).get("size", 1), job["status"]) for job in self.jobs(key)]
            for key in ("align", "call", "merge", "report")
        }

    def child_reason(self, key: str, index: int) -> str:
        (job,) = self.jobs(key)
        return str(self.run.describe(f"{job['jobId']}:{index}").get("statusReason"))


Start = Callable[..., Paired]


@pytest.fixture(params=["paired", "paired_per_job", "paired_chain"])
def start(
    request: pytest.FixtureRequest, airflow: AirflowProcesses, local_batch: LocalBatchProcess, tmp_path: Path
) -> Start:
    def start_run(**conf: Any) -> Paired:
        return Paired(airflow, local_batch.url, request.param, {"marker": str(tmp_path / "marker"), **conf})

    return start_run


def test_failed_pairs_are_shown_and_only_they_run_again(start: Start, tmp_path: Path) -> None:
    paired = start()

    assert paired.run.wait() == "failed"
    assert paired.states() == {
        "align": "failed",
        "call": "upstream_failed",
        "merge": "upstream_failed",
        "report": "success",
    }
    assert paired.all_jobs() == {
        "align": [(6, "FAILED")],
        "call": [(6, "FAILED")],
        "merge": [(1, "FAILED")],
        "report": [(1, "SUCCEEDED")],
    }
    (call,) = paired.jobs("call")
    log = paired.run.log(paired.task("align"))
    assert f"Task '{paired.task('call')}' does not run because this task failed" in log
    assert f"Job {call['jobId']} '{call['jobName']}' is" in log
    assert paired.run.xcom(paired.task("call"), "job_id") == call["jobId"]
    assert {name for name, url in paired.run.links(paired.task("call")).items() if url} >= LINKS
    result = eventually(lambda: paired.run.xcom(paired.task("call"), "array"))
    assert (result["size"], result["succeeded"], result["failed_indices"]) == (6, 4, "4-5")
    assert paired.run.xcom(paired.task("merge"), "job_id") is None

    (tmp_path / "marker").touch()
    paired.api.clear_run(paired.dag_id, paired.run.run.run_id, only_failed=True)

    assert paired.run.wait() == "success"
    assert paired.all_jobs() == {
        "align": [(6, "FAILED"), (2, "SUCCEEDED")],
        "call": [(6, "FAILED"), (2, "SUCCEEDED")],
        "merge": [(1, "FAILED"), (1, "SUCCEEDED")],
        "report": [(1, "SUCCEEDED")],
    }
    result = paired.run.xcom(paired.task("call"), "array")
    assert (result["size"], result["succeeded"], result["failed"]) == (6, 6, 0)


def test_the_result_of_an_array_that_the_end_of_the_run_terminates_is_published(
    start: Start, tmp_path: Path
) -> None:
    paired = start(seconds=600)

    assert paired.run.wait() == "failed"
    result = eventually(lambda: paired.run.xcom(paired.task("call"), "array"))

    assert (result["succeeded"], result["failed"]) == (0, 6)
    assert "The run of this job's workflow has ended in Airflow" in result["reasons"]
    (tmp_path / "marker").touch()
    paired.api.clear_run(paired.dag_id, paired.run.run.run_id, only_failed=True)
    assert paired.run.wait() == "success"
    assert paired.all_jobs()["call"] == [(6, "FAILED"), (6, "SUCCEEDED")]


def test_exit_code_that_skips_a_task_terminates_the_jobs_of_skipped_tasks(
    start: Start, tmp_path: Path
) -> None:
    paired = start(code=99, seconds=600, go=str(tmp_path / "go"))
    eventually(lambda: all(paired.jobs(key) for key in ("call", "merge")))
    (tmp_path / "go").touch()

    assert paired.run.wait() == "success"
    assert paired.states() == {
        "align": "skipped",
        "call": "skipped",
        "merge": "skipped",
        "report": "success",
    }
    eventually(lambda: all(job["status"] in ENDED for key in ("call", "merge") for job in paired.jobs(key)))
    assert paired.all_jobs() == {
        "align": [(6, "FAILED")],
        "call": [(6, "FAILED")],
        "merge": [(1, "FAILED")],
        "report": [(1, "SUCCEEDED")],
    }
    skipped = f"This job's task is skipped in Airflow, because task '{paired.task('align')}' was skipped"
    assert paired.child_reason("call", 0) == skipped

    (tmp_path / "marker").touch()
    paired.api.clear_tasks(paired.dag_id, paired.run.run.run_id, [paired.task("align")], downstream=True)

    assert paired.run.wait() == "success"
    assert paired.states() == dict.fromkeys(("align", "call", "merge", "report"), "success")
    assert paired.all_jobs() == {
        "align": [(6, "FAILED"), (2, "SUCCEEDED")],
        "call": [(6, "FAILED"), (6, "SUCCEEDED")],
        "merge": [(1, "FAILED"), (1, "SUCCEEDED")],
        "report": [(1, "SUCCEEDED"), (1, "SUCCEEDED")],
    }


def test_a_job_that_is_submitted_while_its_upstream_task_is_skipped_does_not_run_to_the_end(
    start: Start,
) -> None:
    paired = start(code=99, seconds=600)

    assert paired.run.wait() == "success"
    assert paired.states() == {"align": "skipped", "call": "skipped", "merge": "skipped", "report": "success"}
    eventually(lambda: all(job["status"] in ENDED for key in ("call", "merge") for job in paired.jobs(key)))
    if paired.jobs("call"):  # none, if its submitting task found that the other task was skipped
        skipped = f"This job's task is skipped in Airflow, because task '{paired.task('align')}' was skipped"
        assert paired.child_reason("call", 0) == skipped


@notifies_of_skips
def test_marking_a_waiting_task_skipped_terminates_the_jobs_of_skipped_tasks(start: Start) -> None:
    paired = start(hold=600, seconds=600)
    paired.run.wait_for_task(paired.task("align"), "deferred")
    eventually(
        lambda: any(job["arrayProperties"]["statusSummary"].get("RUNNING") for job in paired.jobs("call"))
    )

    paired.api.set_task_state(paired.dag_id, paired.run.run.run_id, paired.task("align"), "skipped")

    assert paired.run.wait() == "success"
    eventually(lambda: all(job["status"] in ENDED for key in ("call", "merge") for job in paired.jobs(key)))
    assert paired.states() == {
        "align": "skipped",
        "call": "skipped",
        "merge": "skipped",
        "report": "success",
    }
    assert paired.child_reason("call", 0) == (
        "This job's task is skipped in Airflow, because a user marked a task upstream of it as skipped"
    )
    assert paired.all_jobs()["report"] == [(1, "SUCCEEDED")]
