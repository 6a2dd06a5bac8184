"""Fifty runs of an eight-job workflow while workers are killed at random."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import psutil
import pytest

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.account import JOB_QUEUE
from harness.airflow_processes import SCHEDULER, AirflowProcesses
from tests.soak.run_under_test import ENDED, eventually

RUNS = 50
PAUSE_SECONDS = (1.0, 4.0)


class Killer(threading.Thread):
    """Kill a process of a running task at random intervals."""

    def __init__(self, airflow: AirflowProcesses) -> None:
        super().__init__(daemon=True)
        self._airflow = airflow
        self._over = threading.Event()
        self.killed = 0

    def run(self) -> None:
        while not self._over.wait(random.uniform(*PAUSE_SECONDS)):
            scheduler = psutil.Process(self._airflow.service(SCHEDULER).pid)
            tasks = [each for each in scheduler.children(recursive=True) if is_task(each)]
            if tasks:
                random.choice(tasks).kill()
                self.killed += 1

    def stop(self) -> None:
        self._over.set()
        self.join()


def is_task(process: psutil.Process) -> bool:
    """Return whether a process runs a task's code: a child of the executor's worker."""
    try:
        return "airflow worker" in " ".join(process.parent().cmdline()) and process.is_running()
    except psutil.Error:
        return False


def test_killed_workers_leave_no_duplicate_and_no_orphan(
    airflow: AirflowProcesses, batch: LocalBatchRegion, record_property: pytest.RecordProperty
) -> None:
    airflow.api.wait_for_dag("eight")
    runs = [airflow.api.trigger("eight", conf={"seconds": 2}, run_id=f"kills_{n}") for n in range(RUNS)]
    killer = Killer(airflow)
    killer.start()
    most = Counter[str]()
    client = batch.client()

    def jobs() -> list[dict[str, object]]:
        filters = [{"name": "JOB_NAME", "values": ["eight-*"]}]
        pages = client.get_paginator("list_jobs").paginate(jobQueue=JOB_QUEUE, filters=filters)
        return [job for page in pages for job in page["jobSummaryList"]]

    def have_ended() -> bool:
        live = Counter(
            str(job["jobName"]).rpartition("-")[0]
            for job in jobs()
            if job["status"] not in ENDED and not job.get("isTerminated")
        )
        most.update({name: count - most[name] for name, count in live.items() if count > most[name]})
        return all(run.is_final for run in airflow.api.runs("eight"))

    try:
        deadline = time.monotonic() + 3000
        while not have_ended() and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        killer.stop()

    record_property("processes killed", killer.killed)
    record_property("jobs submitted", len(jobs()))
    states = Counter(run.state for run in airflow.api.runs("eight"))
    record_property("runs by state", dict(states))
    assert max(most.values()) == 1
    eventually(lambda: all(job["status"] in ENDED for job in jobs()), "no orphan")
    assert states == {"success": RUNS}
    assert killer.killed >= RUNS // 2
    prefixes = {JobIdentity("eight", run.run_id, "").run_prefix for run in runs}
    assert {str(job["jobName"]).split("-")[1] for job in jobs()} == {each.split("-")[1] for each in prefixes}
