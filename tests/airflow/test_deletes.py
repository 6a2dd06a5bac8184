"""
Deleting runs, tasks and DAGs terminates their jobs, and no others.

Only tests/soak deletes what a scheduler may be processing, on PostgreSQL. SQLite has no row locks, and a
scheduler whose run is deleted in the meantime stops with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.airflow_processes import SCHEDULER, AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest
from tests.api_server_log import no_traceback

ENDED = ("SUCCEEDED", "FAILED")


class Deletable:
    """A run whose three jobs are live."""

    def __init__(self, airflow: AirflowProcesses, batch_url: str, dag_id: str) -> None:
        airflow.api.wait_for_dag(dag_id)
        self.api = airflow.api
        self.run = RunUnderTest(airflow.api, batch_url, airflow.api.trigger(dag_id, conf={"seconds": 900}))
        self.dag_id, self.run_id = dag_id, self.run.run.run_id

    def live(self) -> set[str]:
        """Return the keys of the live jobs."""
        return {key for key in ("first", "middle", "last") for status in self._live(key)}

    def _live(self, key: str) -> list[str]:
        return [
            job["status"]
            for job in self.run.jobs(key)
            if job["status"] not in ENDED and not job.get("isTerminated")
        ]


@pytest.fixture
def api_log(airflow: AirflowProcesses) -> Iterator[None]:
    with no_traceback(airflow):
        yield


@pytest.fixture
def stop_scheduler(airflow: AirflowProcesses) -> Iterator[Callable[[], None]]:
    """Stop the scheduler until the end of the test."""
    yield airflow.service(SCHEDULER).stop
    airflow.start(SCHEDULER)


@pytest.mark.usefixtures("api_log")
def test_deletes_terminate_the_jobs_of_what_is_deleted_and_no_others(
    airflow: AirflowProcesses,
    local_batch: LocalBatchProcess,
    dags_folder: Path,
    stop_scheduler: Callable[[], None],
) -> None:
    marked, left = (Deletable(airflow, local_batch.url, "held") for _ in range(2))
    waiting = Deletable(airflow, local_batch.url, "recovery")
    for each in (marked, left):
        each.run.wait_for_task("first", "scheduled")
    waiting.run.wait_for_task("first", "deferred")
    assert marked.live() == left.live() == waiting.live() == {"first", "middle", "last"}

    stop_scheduler()
    airflow.api.set_run_state("held", marked.run_id, "failed")
    airflow.api.delete_run("held", marked.run_id)

    eventually(lambda: not marked.live())
    assert left.live() == waiting.live() == {"first", "middle", "last"}

    airflow.api.delete_task("recovery", waiting.run_id, "last")

    eventually(lambda: waiting.live() == {"first", "middle"})

    airflow.api.delete_dag("held")
    (dags_folder / "held.py").touch()  # for other tests

    eventually(lambda: not left.live())
    assert waiting.live() == {"first", "middle"}

    airflow.api.set_run_state("recovery", waiting.run_id, "failed")
    eventually(lambda: not waiting.live())


SPEC = """
workflow: renamed
airflow: {start_date: 2006-01-01}
defaults: {job_queue: etl, job_definition: step}
jobs:
  first: {command: [sleep, "900"]}
  middle: {command: [sleep, "900"]}
  KEY: {command: ["true"], depends_on: [first]}
"""


@pytest.mark.usefixtures("api_log")
def test_job_that_is_renamed_during_a_run_is_terminated(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, dags_folder: Path
) -> None:
    spec, dag = dags_folder / "renamed.yaml", dags_folder / "renamed.py"
    spec.write_text(SPEC.replace("KEY", "last"))
    dag.write_text((dags_folder / "held.py").read_text())
    renamed = Deletable(airflow, local_batch.url, "renamed")
    renamed.run.wait_for_task("first", "deferred")
    assert renamed.live() == {"first", "middle", "last"}

    spec.write_text(SPEC.replace("KEY", "final"))
    dag.touch()

    eventually(lambda: renamed.live() == {"first", "middle"})
    assert renamed.run.states["last"] == "removed"
    airflow.api.set_run_state("renamed", renamed.run_id, "failed")
    eventually(lambda: not renamed.live())
