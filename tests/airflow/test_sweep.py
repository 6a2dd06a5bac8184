"""`airflow-batch sweep` and the DAG `batch_sweep` find the jobs of runs that are gone."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from harness.account import JOB_QUEUE, aws_client
from harness.airflow_processes import SCHEDULER, AirflowProcesses
from harness.local_batch import LocalBatchProcess
from harness.process_environment import aws_environment, inherited_environment
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

ENDED = ("SUCCEEDED", "FAILED")


@dataclass(frozen=True)
class Account:
    """The jobs of one AWS account in which this Airflow and others submit jobs."""

    airflow: AirflowProcesses
    batch_url: str
    dag_id: str = "held"

    @property
    def batch(self) -> Any:
        return aws_client("batch", self.batch_url)

    def start(self) -> str:
        """Start a run, wait until its jobs are submitted, and return its ID."""
        run = RunUnderTest(self.airflow.api, self.batch_url, self.airflow.api.trigger(self.dag_id))
        run.wait_for_task("submit", "success")
        return run.run.run_id

    def forget(self, run_id: str) -> None:
        """Delete a run as if the provider had not noticed it: without Airflow's API and its listeners."""
        self._change("DELETE FROM dag_run WHERE dag_id = ? AND run_id = ?", run_id)

    def remove_last_task(self, run_id: str) -> str:
        """Let Airflow consider the task ``last`` of a run as removed from its DAG; return the task's job."""
        change = "UPDATE task_instance SET state = 'removed' WHERE task_id = 'last'"
        self._change(f"{change} AND dag_id = ? AND run_id = ?", run_id)
        prefix = JobIdentity(self.dag_id, run_id, "last").job_prefix
        (job_id,) = (job_id for job_id, job in self.jobs(run_id).items() if job["jobName"].startswith(prefix))
        return job_id

    def _change(self, statement: str, run_id: str) -> None:
        # On SQLite, Airflow's scheduler ends if a row that it has read is deleted before it writes the row.
        self.airflow.service(SCHEDULER).stop()
        with closing(sqlite3.connect(self.airflow.settings.database, timeout=60)) as database, database:
            database.execute("PRAGMA foreign_keys = ON")
            changed = database.execute(statement, (self.dag_id, run_id))
        self.airflow.start(SCHEDULER)
        assert changed.rowcount == 1

    def jobs(self, run_id: str) -> dict[str, dict[str, Any]]:
        filters = [
            {"name": "JOB_NAME", "values": [f"{JobIdentity(self.dag_id, run_id, '').run_prefix}*"]},
        ]
        listed = self.batch.list_jobs(jobQueue=JOB_QUEUE, filters=filters)["jobSummaryList"]
        return {job["jobId"]: job for job in listed}

    def reasons(self, job_ids: Iterable[str]) -> set[str]:
        """Wait until jobs have ended and return why."""

        def ended() -> list[dict[str, Any]]:
            jobs = self.batch.describe_jobs(jobs=list(job_ids))["jobs"]
            return jobs if all(job["status"] in ENDED for job in jobs) else []

        return {job["statusReason"] for job in eventually(ended)}

    def is_live(self, job_id: str) -> bool:
        (job,) = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        return job["status"] not in ENDED and not job.get("isTerminated")

    def submit_like(self, job_id: str, tags: dict[str, str]) -> str:
        """Submit a job with the name of another one, which waits for it; return its ID."""
        (job,) = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        submitted = self.batch.submit_job(
            jobName=job["jobName"],
            jobQueue=JOB_QUEUE,
            jobDefinition="step",
            containerOverrides={"command": ["sleep", "900"]},
            tags={name: value for name, value in (job["tags"] | tags).items() if value},
        )
        return str(submitted["jobId"])

    def sweep(self, *options: str) -> tuple[int, dict[str, Any]]:
        """Run ``airflow-batch sweep`` and return its exit code and its answer."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "airflow_batch_provider.cli.main", "sweep", "--json"),
                *("--airflow-url", self.airflow.url, "--environment", "tests", "--older-than", "0"),
                *("--dag-id", self.dag_id, *options),
            ],
            env={**inherited_environment(), **aws_environment(self.batch_url)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)


def _reason(run_id: str) -> str:
    return f"Airflow no longer wants this job: run '{run_id}' does not exist in Airflow"


@pytest.fixture
def account(airflow: AirflowProcesses, local_batch: LocalBatchProcess) -> Iterator[Account]:
    account = Account(airflow, local_batch.url)
    airflow.api.wait_for_dag(account.dag_id)
    before = {run.run_id for run in airflow.api.runs(account.dag_id)}
    yield account
    for run in airflow.api.runs(account.dag_id):
        if run.run_id not in before:
            airflow.api.set_run_state(account.dag_id, run.run_id, "failed")


def test_sweep_terminates_exactly_the_jobs_of_runs_that_are_gone(account: Account) -> None:
    kept, gone = account.start(), account.start()
    wanted, unwanted = account.jobs(kept), account.jobs(gone)
    of_others = [
        account.submit_like(next(iter(unwanted)), {"airflow_environment": "another"}),
        account.submit_like(next(iter(unwanted)), {"airflow_environment": ""}),
        account.submit_like(next(iter(unwanted)), {"airflow_run_id": "master__2026-01-01"}),
        account.submit_like(next(iter(unwanted)), {"airflow_job": "", "airflow_dag_id": ""}),
    ]

    _, before = account.sweep()
    account.forget(gone)
    removed = account.remove_last_task(kept)
    del wanted[removed]
    code, found = account.sweep()
    still_live = all(map(account.is_live, unwanted))
    last_code, _ = account.sweep("--terminate")

    assert len(unwanted) == 3
    assert set(unwanted).isdisjoint(job["job_id"] for job in before["unwanted"])
    why_removed = f"task 'last' is no longer in the DAG of run '{kept}'"
    why_gone = f"run '{gone}' does not exist in Airflow"
    assert code == 1
    assert {job["job_id"]: job["why"] for job in found["unwanted"]} == {
        **dict.fromkeys(unwanted, why_gone),
        removed: why_removed,
    }
    assert still_live
    assert last_code == 0
    assert _reason(gone) in account.reasons(unwanted)
    assert not account.is_live(removed)
    assert all(map(account.is_live, wanted))
    assert all(map(account.is_live, of_others))
    account.batch.terminate_jobs(jobs=of_others, reason="The test is over")


def test_maintenance_dag_terminates_exactly_the_jobs_of_runs_that_are_gone(account: Account) -> None:
    account.airflow.api.wait_for_dag("batch_sweep")
    kept, gone = account.start(), account.start()
    wanted, unwanted = account.jobs(kept), account.jobs(gone)
    foreign = account.submit_like(next(iter(unwanted)), {"airflow_environment": "another"})
    account.forget(gone)
    removed = account.remove_last_task(kept)
    del wanted[removed]

    conf = {"terminate": True, "older_than": "0"}
    api = account.airflow.api
    sweep = RunUnderTest(api, account.batch_url, api.trigger("batch_sweep", conf=conf))
    state = sweep.wait()

    log = sweep.log("sweep")
    assert state == "success", log
    assert _reason(gone) in account.reasons(unwanted)
    assert all(f"Unwanted: job {job_id} " in log for job_id in [*unwanted, removed])
    assert not account.is_live(removed)
    assert all(map(account.is_live, wanted))
    assert account.is_live(foreign)
    account.batch.terminate_job(jobId=foreign, reason="The test is over")


def test_jobs_of_a_dag_whose_file_has_disappeared_are_found_after_a_while(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, dags_folder: Path
) -> None:
    files = [dags_folder / "vanishing_held.yaml", dags_folder / "vanishing_held.py"]
    files[0].write_text((dags_folder / "held.yaml").read_text().replace("held", "vanishing_held", 1))
    files[1].write_text((dags_folder / "held.py").read_text())
    airflow.api.wait_for_dag("vanishing_held")
    account = Account(airflow, local_batch.url, "vanishing_held")
    jobs = account.jobs(account.start())

    for file in files:
        file.unlink()
    eventually(lambda: airflow.api.call("GET", "/api/v2/dags/vanishing_held")["is_stale"])
    _, soon = account.sweep("--terminate")
    code, later = account.sweep("--missing-for", "0", "--terminate")

    assert (soon["unwanted"], soon["wanted"]) == ([], 3)
    assert (code, {job["job_id"] for job in later["unwanted"]}) == (0, set(jobs))
    assert not any(map(account.is_live, jobs))
