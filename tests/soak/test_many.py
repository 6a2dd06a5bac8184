"""Many jobs at once: 100 killed together, 500 submitted despite faults, 1,000 waits."""

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
from tests.soak.run_under_test import ENDED, TIMEOUT_SECONDS, eventually


class BulkRun:
    """A run of many jobs."""

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
        """Return the number of tasks by state; Airflow's API returns at most 100 per call."""
        path = f"/api/v2/dags/{self.run.dag_id}/dagRuns/{quote(self.run.run_id, safe='')}/taskInstances"
        found: list[dict[str, Any]] = []
        while page := self.api.call("GET", path, limit=100, offset=len(found))["task_instances"]:
            found += page
        return Counter(task["state"] for task in found)

    def wait_deferred(self, count: int, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        eventually(
            lambda: self.states()["deferred"] >= count,
            f"{count} tasks of {self.run.dag_id} deferred",
            timeout_seconds=timeout_seconds,
        )


def test_failing_run_of_100_waits_terminates_all_jobs(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    bulk = BulkRun(airflow, batch, "hundred")
    bulk.wait_deferred(100)

    marked = time.monotonic()
    bulk.api.set_run_state(bulk.run.dag_id, bulk.run.run_id, "failed")
    eventually(lambda: bulk.live() == 0, "no live job")
    seconds = time.monotonic() - marked

    record_property("seconds until no job was live", round(seconds, 1))
    assert len(bulk.jobs()) == 100
    assert seconds <= 15


def test_500_submissions_despite_faults_create_500_jobs(
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
    bulk = BulkRun(airflow, batch, "five_hundred", seconds=0)
    bulk.api.wait_for_task(
        bulk.run.dag_id, bulk.run.run_id, "submit", ["success", "failed"], timeout_seconds=900
    )
    record_property("seconds until submit had ended", round(time.monotonic() - started, 1))
    batch.clear_faults_and_scripts()

    run = bulk.api.wait_for_run(bulk.run.dag_id, bulk.run.run_id, timeout_seconds=1800)

    assert run.state == "success"
    assert len(bulk.jobs()) == 500
    assert len({job["jobName"] for job in bulk.jobs()}) == 500
    assert bulk.states() == {"success": 501}


def test_job_with_401_dependencies_runs_last(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    started = time.monotonic()
    bulk = BulkRun(airflow, batch, "fan_in_401", seconds=0)

    run = bulk.api.wait_for_run(bulk.run.dag_id, bulk.run.run_id, timeout_seconds=1800)

    record_property("seconds", round(time.monotonic() - started))
    assert run.state == "success"
    assert len(bulk.jobs()) == 402
    ended = {job["jobName"]: job["stoppedAt"] for job in bulk.jobs()}
    (gather,) = (job for job in bulk.jobs() if "-gather-" in str(job["jobName"]))
    assert all(stopped <= gather["createdAt"] for name, stopped in ended.items() if "-gather-" not in name)


POLL_SECONDS = 5.0
"""The poll interval of the DAG ``thousand``."""


def test_1000_waits_share_calls_and_survive_triggerer_restart(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    airflow.service(f"{TRIGGERER}-2").stop()  # a single triggerer must handle all waits
    bulk = BulkRun(airflow, batch, "thousand")
    bulk.wait_deferred(1000, timeout_seconds=3000)
    wait_until_all_are_described(batch, bulk)
    before = calls_per_poll(batch)

    killed = time.monotonic()
    airflow.service(TRIGGERER).kill()
    airflow.start(TRIGGERER)
    wait_until_all_are_described(batch, bulk)
    takeover_seconds = time.monotonic() - killed
    after = calls_per_poll(batch)

    batch.advance_clock(3600)
    ended = time.time()
    seen = eventually(lambda: all_ends_seen_at(airflow, bulk), "the triggerer has seen all jobs' ends")
    run = bulk.api.wait_for_run(bulk.run.dag_id, bulk.run.run_id, timeout_seconds=3000)

    record_property("DescribeJobs calls per poll", before)
    record_property("DescribeJobs calls per poll after the restart", after)
    record_property("seconds from the kill until all jobs were polled again", round(takeover_seconds, 1))
    record_property("seconds until the end of all jobs was seen", round(seen - ended, 1))
    assert before <= 11
    assert after <= 11
    assert seen - ended <= POLL_SECONDS + 2
    assert run.state == "success"
    assert len(bulk.jobs()) == 1000
    airflow.start(f"{TRIGGERER}-2")


def describe_calls(batch: LocalBatchRegion, since: int) -> list[list[str]]:
    """Return the job ids of each DescribeJobs call after a time of the local clock in milliseconds."""
    return [
        call["request"]["jobs"]
        for call in batch.requests()
        if call["operation"] == "DescribeJobs" and call["at"] > since
    ]


def latest_call_time(batch: LocalBatchRegion) -> int:
    """Return the time of the last call by the local clock, in milliseconds."""
    return max(int(call["at"]) for call in batch.requests())


def wait_until_all_are_described(batch: LocalBatchRegion, bulk: BulkRun) -> None:
    """Wait until all jobs have been described once more."""
    since, ids = latest_call_time(batch), {job["jobId"] for job in bulk.jobs()}
    eventually(
        lambda: ids <= {job_id for call in describe_calls(batch, since) for job_id in call},
        "all jobs are described",
    )


def calls_per_poll(batch: LocalBatchRegion) -> float:
    """Return the mean number of DescribeJobs calls per poll, over ten polls."""
    since = latest_call_time(batch)
    time.sleep(10 * POLL_SECONDS)
    calls = describe_calls(batch, since)
    rounds = max(Counter(job_id for call in calls for job_id in call).values())
    return len(calls) / rounds


def all_ends_seen_at(airflow: AirflowProcesses, bulk: BulkRun) -> float | None:
    """
    Return when the triggerer noticed the last end, in seconds since the epoch; None before that.

    Read from the log file of each trigger, because the scheduler updates Airflow's states later.
    """
    folder = airflow.settings.home / "logs" / f"dag_id={bulk.run.dag_id}" / f"run_id={bulk.run.run_id}"
    seen: dict[str, float] = {}
    for log in folder.glob("task_id=*/map_index=*/*.trigger.*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if '"job_status":"SUCCEEDED"' in line:
                seen[log.parent.name] = datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()
    return max(seen.values()) if len(seen) == 1000 else None


def test_frozen_and_replaced_triggerer_terminates_no_job(
    airflow: AirflowProcesses, batch: LocalBatchRegion
) -> None:
    bulk = BulkRun(airflow, batch, "hundred")
    bulk.wait_deferred(100)
    frozen = airflow.service(TRIGGERER)

    frozen.signal(signal.SIGSTOP)
    time.sleep(40)
    frozen.signal(signal.SIGCONT)
    time.sleep(20)

    assert bulk.live() == 100
    batch.advance_clock(3600)
    assert bulk.api.wait_for_run(bulk.run.dag_id, bulk.run.run_id, timeout_seconds=900).state == "success"
    assert len(bulk.jobs()) == 100
