"""Thirty runs of eight jobs while the keys of their connection are rotated, revoked and restored."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.account import JOB_QUEUE
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.key_proxy import REFUSALS, KeyProxy, define_connection, edit_connection
from tests.soak.run_under_test import eventually

RUNS = int(os.environ.get("SOAK_ROTATED_RUNS", "30"))
DAGS = ("rotated_at_once", "rotated_per_job", "rotated_group")
JOBS_PER_RUN = 8
SECONDS = (2.0, 10.0)
"""How long a change lasts until the next one."""


class Rotation:
    """Changes the key of the connection at random; at most one key is accepted at a time."""

    def __init__(self, airflow: AirflowProcesses, proxy: KeyProxy) -> None:
        self._api, self._proxy = airflow.api, proxy
        self._number = 0
        define_connection(self._api, "aws_rotated", self._key, proxy.url)
        self.changes = Counter[str]()

    @property
    def _key(self) -> str:
        return f"KEY{self._number}"

    def change(self) -> None:
        """Make one change at random."""
        name = random.choice(("rotate", "revoke", "restore", "replace late"))
        self.changes[name] += 1
        if name == "rotate":  # the order that AWS recommends
            self._replace()
        elif name == "revoke":
            self._proxy.refuse(self._key, random.choice(REFUSALS))
        elif name == "restore":
            self._proxy.accept(self._key)
        else:
            self._proxy.refuse(self._key, random.choice(REFUSALS))
            time.sleep(random.uniform(*SECONDS))
            self._replace()

    def end(self) -> None:
        """Let the current key be accepted."""
        self._proxy.accept(self._key)

    def _replace(self) -> None:
        old = self._key
        self._number += 1
        edit_connection(self._api, "aws_rotated", self._key, self._proxy.url)
        self._proxy.refuse(old, random.choice(REFUSALS))


@pytest.fixture
def proxy(batch_process: LocalBatchProcess) -> Iterator[KeyProxy]:
    with KeyProxy(batch_process.url).running() as proxy:
        yield proxy


def test_runs_survive_the_rotation_of_their_keys(
    airflow: AirflowProcesses,
    batch: LocalBatchRegion,
    proxy: KeyProxy,
    record_property: pytest.RecordProperty,
) -> None:
    for dag_id in DAGS:
        airflow.api.wait_for_dag(dag_id)
    rotation = Rotation(airflow, proxy)

    started = []
    for number in range(RUNS):
        started.append(airflow.api.trigger(DAGS[number % len(DAGS)], run_id=f"keys_{number}"))
        time.sleep(random.uniform(*SECONDS))
        rotation.change()
    rotation.end()
    eventually(
        lambda: all(run.is_final for dag_id in DAGS for run in airflow.api.runs(dag_id)),
        "all runs have ended",
        timeout_seconds=1800,
    )

    jobs = [job for dag_id in DAGS for job in jobs_of(batch, dag_id)]
    record_property("changes", dict(rotation.changes))
    record_property("requests refused", sum(proxy.refused.values()))
    states = Counter(run.state for dag_id in DAGS for run in airflow.api.runs(dag_id))
    names = Counter(str(job["jobName"]).rpartition("-")[0] for job in jobs)
    assert states == {"success": len(started)}
    assert (len(jobs), set(names.values())) == (RUNS * JOBS_PER_RUN, {1})
    assert not [job for job in jobs if job.get("isTerminated")]
    assert sum(proxy.refused.values()) > RUNS


def jobs_of(batch: LocalBatchRegion, dag_id: str) -> list[dict[str, object]]:
    filters = [{"name": "JOB_NAME", "values": [f"{dag_id}-*"]}]
    pages = batch.client().get_paginator("list_jobs").paginate(jobQueue=JOB_QUEUE, filters=filters)
    return [job for page in pages for job in page["jobSummaryList"]]
