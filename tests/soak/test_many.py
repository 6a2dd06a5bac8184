"""Many jobs at once: a hundred killed together, five hundred submitted through faults, a thousand waits."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.account import JOB_QUEUE
from harness.airflow_processes import TRIGGERER, AirflowProcesses
from harness.airflow_records import DagRun
from tests.soak.scene import ENDED, PATIENCE_SECONDS, eventually


class Many:
    """A run of many jobs, seen as counts."""

    def __init__(
        self, airflow: AirflowProcesses, batch: LocalBatchRegion, dag_id: str, **conf: object
    ) -> None:
        airflow.api.wait_for_dag(dag_id)
        self.api = airflow.api
        self.run: DagRun = airflow.api.trigger(dag_id, conf=conf)
        self._prefix = JobIdentity(dag_id, self.run.run_id, "").run_prefix
        self._client = batch.client()

    def jobs(self) -> list[dict[str, Any]]:
        filters = [{"name": "JOB_NAME", "values": [f"{self._prefix}*"]}]
        pages = self._client.get_paginator("list_jobs").paginate(jobQueue=JOB_QUEUE, filters=filters)
        return [job for page in pages for job in page["jobSummaryList"]]

    def live(self) -> int:
        return sum(job["status"] not in ENDED for job in self.jobs())

    def states(self) -> Counter[str | None]:
        """How many tasks are in each state; Airflow's API hands out a hundred at a time."""
        path = f"/api/v2/dags/{self.run.dag_id}/dagRuns/{quote(self.run.run_id, safe='')}/taskInstances"
        found: list[dict[str, Any]] = []
        while page := self.api.call("GET", path, limit=100, offset=len(found))["task_instances"]:
            found += page
        return Counter(task["state"] for task in found)

    def wait_deferred(self, count: int, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        eventually(
            lambda: self.states()["deferred"] >= count,
            f"{count} tasks of {self.run.dag_id} deferred",
            patience_seconds=patience_seconds,
        )


def test_a_run_with_a_hundred_waits_that_is_marked_failed_has_no_live_job_soon(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    many = Many(airflow, batch, "hundred")
    many.wait_deferred(100)

    marked = time.monotonic()
    many.api.set_run_state(many.run.dag_id, many.run.run_id, "failed")
    eventually(lambda: many.live() == 0, "no live job")
    seconds = time.monotonic() - marked

    record_property("seconds until no job was live", round(seconds, 1))
    assert len(many.jobs()) == 100
    assert seconds <= 15


def test_five_hundred_submits_through_faults_make_five_hundred_jobs(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    faults = [
        {"kind": "throttle", "share": 0.3},
        {"kind": "drop", "phase": "after", "share": 0.05},
        {"kind": "error", "share": 0.05},
    ]
    for fault in faults:
        batch.inject_fault(operation="SubmitJob", times=None, **fault)
    started = time.monotonic()
    many = Many(airflow, batch, "five_hundred", seconds=0)
    many.api.wait_for_task(
        many.run.dag_id, many.run.run_id, "submit", ["success", "failed"], timeout_seconds=900
    )
    record_property("seconds until submit had ended", round(time.monotonic() - started, 1))
    batch.clear_faults_and_scripts()

    run = many.api.wait_for_run(many.run.dag_id, many.run.run_id, timeout_seconds=1800)

    assert run.state == "success"
    assert len(many.jobs()) == 500
    assert len({job["jobName"] for job in many.jobs()}) == 500
    assert many.states() == {"success": 501}


def test_a_job_that_follows_401_others_runs_after_them(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    started = time.monotonic()
    many = Many(airflow, batch, "fan_in_401", seconds=0)

    run = many.api.wait_for_run(many.run.dag_id, many.run.run_id, timeout_seconds=1800)

    record_property("seconds", round(time.monotonic() - started))
    assert run.state == "success"
    assert len(many.jobs()) == 402
    ended = {job["jobName"]: job["stoppedAt"] for job in many.jobs()}
    (gather,) = (job for job in many.jobs() if "-gather-" in str(job["jobName"]))
    assert all(stopped <= gather["createdAt"] for name, stopped in ended.items() if "-gather-" not in name)


POLL_SECONDS = 5.0
"""As the DAG of the thousand says."""


def test_a_thousand_waits_share_their_calls_and_survive_a_triggerer(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    airflow.service(f"{TRIGGERER}-2").stop()  # one has to bear it alone
    many = Many(airflow, batch, "thousand")
    many.wait_deferred(1000, patience_seconds=3000)
    wait_until_all_are_looked_at(batch, many)
    before = calls_a_round(batch)

    killed = time.monotonic()
    airflow.service(TRIGGERER).kill()
    airflow.start(TRIGGERER)
    wait_until_all_are_looked_at(batch, many)
    taken_over = time.monotonic() - killed
    after = calls_a_round(batch)

    batch.advance_clock(3600)
    ended = time.time()
    seen = eventually(lambda: when_all_were_seen(airflow, many), "the triggerer has seen all jobs' ends")
    run = many.api.wait_for_run(many.run.dag_id, many.run.run_id, timeout_seconds=3000)

    record_property("DescribeJobs calls a round", before)
    record_property("DescribeJobs calls a round after the restart", after)
    record_property("seconds from the kill until all were looked at again", round(taken_over, 1))
    record_property("seconds until the end of all jobs was seen", round(seen - ended, 1))
    assert before <= 11
    assert after <= 11
    assert seen - ended <= POLL_SECONDS + 2
    assert run.state == "success"
    assert len(many.jobs()) == 1000
    airflow.start(f"{TRIGGERER}-2")


def describe_calls(batch: LocalBatchRegion, since: int) -> list[list[str]]:
    """List the job ids of each call of DescribeJobs after a moment of the local clock, in milliseconds."""
    return [
        call["request"]["jobs"]
        for call in batch.requests()
        if call["operation"] == "DescribeJobs" and call["at"] > since
    ]


def clock_of(batch: LocalBatchRegion) -> int:
    """When the last call was made, by the local clock."""
    return max(int(call["at"]) for call in batch.requests())


def wait_until_all_are_looked_at(batch: LocalBatchRegion, many: Many) -> None:
    """Wait until the jobs of all waits have been described from now on."""
    since, ids = clock_of(batch), {job["jobId"] for job in many.jobs()}
    eventually(
        lambda: ids <= {job_id for call in describe_calls(batch, since) for job_id in call},
        "all jobs are looked at",
    )


def calls_a_round(batch: LocalBatchRegion) -> float:
    """Count the calls of DescribeJobs from one look at a job to the next, over ten looks."""
    since = clock_of(batch)
    time.sleep(10 * POLL_SECONDS)
    calls = describe_calls(batch, since)
    rounds = max(Counter(job_id for call in calls for job_id in call).values())
    return len(calls) / rounds


def when_all_were_seen(airflow: AirflowProcesses, many: Many) -> float | None:
    """
    When the triggerer noticed the last end, in seconds since the epoch; none before that.

    Each trigger writes it to a log file of its own; Airflow's states come later, at the scheduler's pace.
    """
    folder = airflow.settings.home / "logs" / f"dag_id={many.run.dag_id}" / f"run_id={many.run.run_id}"
    seen: dict[str, float] = {}
    for log in folder.glob("task_id=*/map_index=*/*.trigger.*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if '"job_status":"SUCCEEDED"' in line:
                seen[log.parent.name] = datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()
    return max(seen.values()) if len(seen) == 1000 else None


def test_a_triggerer_that_was_frozen_and_replaced_terminates_nothing(
    airflow: AirflowProcesses, batch: LocalBatchRegion
) -> None:
    many = Many(airflow, batch, "hundred")
    many.wait_deferred(100)
    frozen = airflow.service(TRIGGERER)

    frozen.signal(signal.SIGSTOP)
    time.sleep(40)
    frozen.signal(signal.SIGCONT)
    time.sleep(20)

    assert many.live() == 100
    batch.advance_clock(3600)
    assert many.api.wait_for_run(many.run.dag_id, many.run.run_id, timeout_seconds=900).state == "success"
    assert len(many.jobs()) == 100
