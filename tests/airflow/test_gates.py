"""
Jobs whose tasks Airflow holds back are submitted only after Airflow has started their tasks.

Two runs of each workflow: in the first, some jobs fail and others take long. The tests compare the jobs that
AWS Batch has seen, and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.airflow_records import DagRun
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

MODES = ("at_once", "per_job")
GROUPS = ("stopped", "chosen", "not_chosen", "prepared", "sensed")
GROUP_JOBS = {"one", "array", "limited", "limited_after"}
FAILURE = 3
SECONDS = 3600
"""How long the limited jobs of the first run would take; the fixture terminates them."""

FREE = {"free", "free_after", "free_array", "free_array_after"}
HELD_BY_FAILURES = {"past", "past_after", "past_array", "past_array_after", "ready", "ready_after"}
LIMITED = {"single", "single_after", "single_array"}
POOLED = {"pooled", "pooled_array", "pooled_after"}
AFTER_PAST = {"always", "always_after"}
JOBS = FREE | HELD_BY_FAILURES | LIMITED | POOLED | AFTER_PAST | {"single_in_run"}

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Jobs:
    """The jobs of a run that AWS Batch has seen, by job key."""

    by_key: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, run: RunUnderTest, keys: set[str]) -> Jobs:
        batch = aws_client("batch", run.batch_url)
        identity = JobIdentity(run.run.dag_id, run.run.run_id, "")
        filters = [{"name": "JOB_NAME", "values": [f"{identity.run_prefix}*"]}]
        pages = batch.get_paginator("list_jobs").paginate(jobQueue="etl", filters=filters)
        found = {job["jobName"]: job["jobId"] for page in pages for job in page["jobSummaryList"]}
        by_key = {}
        for name, job_id in found.items():
            (key,) = [key for key in keys if name.startswith(cls._prefix(run.run, key))]
            assert key not in by_key, f"job '{key}' was submitted more than once"
            by_key[key] = run.describe(job_id)
        return cls(by_key)

    @staticmethod
    def _prefix(run: DagRun, key: str) -> str:
        return JobIdentity(run.dag_id, run.run_id, key).job_prefix

    @property
    def keys(self) -> set[str]:
        return set(self.by_key)

    def dependencies(self, key: str) -> set[str]:
        """Return the keys of the jobs in a job's ``dependsOn``."""
        keys = {job["jobId"]: other for other, job in self.by_key.items()}
        return {keys[each["jobId"]] for each in self.by_key[key].get("dependsOn", []) if "jobId" in each}

    def life(self, key: str) -> tuple[int, int]:
        """Return when a job was submitted and when it ended."""
        return self.by_key[key]["createdAt"], self.by_key[key]["stoppedAt"]


class Pair:
    """Two consecutive runs of a workflow; some jobs of the first fail, and others are still running."""

    def __init__(self, airflow: AirflowProcesses, batch: LocalBatchProcess, dag_id: str) -> None:
        self.airflow, self.batch, self.dag_id = airflow, batch, dag_id
        self.first = self._trigger(1, {"code": FAILURE, "seconds": SECONDS})
        self.second: RunUnderTest

    def start_second(self) -> None:
        self.second = self._trigger(2, {"code": 0, "seconds": 0})

    def _trigger(self, day: int, conf: dict[str, int]) -> RunUnderTest:
        interval = (datetime(2026, 1, day, tzinfo=UTC), datetime(2026, 1, day + 1, tzinfo=UTC))
        run = self.airflow.api.trigger(self.dag_id, interval=interval, conf=conf, run_id=f"day_{day}")
        return RunUnderTest(self.airflow.api, self.batch.url, run)

    def wait_for_jobs(self, run: RunUnderTest, keys: set[str], *wanted: str) -> None:
        """Wait until the given jobs have succeeded in AWS Batch and their tasks in Airflow."""

        def are_done() -> bool:
            states = run.states
            return all(states.get(task_of(states, key)) == "success" for key in wanted)

        assert set(wanted) <= keys
        eventually(are_done, seconds=300)

    def terminate_first(self, *keys: str) -> None:
        jobs = Jobs.of(self.first, JOBS)
        for key in keys:
            self.first.terminate(jobs.by_key[key]["jobId"])

    def mark_first_success(self, *keys: str) -> None:
        states = self.first.states
        for key in keys:
            self.airflow.api.set_task_state(self.dag_id, "day_1", task_of(states, key), "success")


def task_of(states: dict[str, str | None], key: str) -> str:
    """Return the ID of the task that ends with a job."""
    return key if key in states else f"{key}.wait"


def add_pool(airflow: AirflowProcesses, name: str) -> None:
    body = {"name": name, "slots": 1, "include_deferred": False}
    airflow.api.call("POST", "/api/v2/pools", body)


@dataclass(frozen=True)
class Seen:
    """The jobs that AWS Batch has seen: in both runs, and in the second after the first was repaired."""

    first: Jobs
    second: Jobs
    repaired: Jobs


@pytest.fixture(scope="module")
def pairs(airflow: AirflowProcesses, scripted_batch: LocalBatchProcess) -> dict[str, Pair]:
    """The runs of all workflows; they are concurrent."""
    pairs = {}
    for dag_id in [f"gates_{default}{mode}" for default in ("", "default_") for mode in MODES]:
        add_pool(airflow, dag_id)
        airflow.api.wait_for_dag(dag_id)
        pairs[dag_id] = Pair(airflow, scripted_batch, dag_id)
    for mode in MODES:
        pair = pairs[f"gates_{mode}"]
        eventually(lambda pair=pair: {"single", "single_array"} <= Jobs.of(pair.first, JOBS).keys)
        pair.start_second()
    for mode in MODES:
        pair = pairs[f"gates_default_{mode}"]
        eventually(lambda pair=pair: "failed" in pair.first.states.values())
        pair.start_second()
    return pairs


@pytest.fixture(scope="module")
def groups(airflow: AirflowProcesses, scripted_batch: LocalBatchProcess) -> dict[str, RunUnderTest]:
    """A run of each DAG with task groups; they run at the same time as the pairs."""
    runs = {}
    for mode in MODES:
        dag_id = f"gates_groups_{mode}"
        airflow.api.wait_for_dag(dag_id)
        runs[mode] = RunUnderTest(airflow.api, scripted_batch.url, airflow.api.trigger(dag_id))
    return runs


@pytest.fixture(scope="module")
def all_seen(pairs: dict[str, Pair], groups: dict[str, RunUnderTest]) -> dict[str, Seen]:
    assert groups
    seen = {}
    for mode in MODES:
        pair = pairs[f"gates_{mode}"]
        pair.wait_for_jobs(pair.second, JOBS, "single_in_run", *FREE)
        pair.terminate_first("single", "single_array")
        pair.wait_for_jobs(pair.first, JOBS, "always_after", *POOLED, *FREE)
        pair.wait_for_jobs(pair.second, JOBS, *LIMITED, *POOLED)
        first, second = Jobs.of(pair.first, JOBS), Jobs.of(pair.second, JOBS)
        pair.mark_first_success("past", "past_array", "ready_after")
        pair.wait_for_jobs(pair.second, JOBS, *HELD_BY_FAILURES, *AFTER_PAST)
        seen[mode] = Seen(first, second, Jobs.of(pair.second, JOBS))
    return seen


@pytest.fixture(params=MODES)
def seen(request: pytest.FixtureRequest, all_seen: dict[str, Seen]) -> Seen:
    return all_seen[request.param]


def test_first_run_submits_all_jobs(seen: Seen) -> None:
    # A job after a failed one is submitted with it, or never if Airflow submits it.
    dependents = {"past_after", "past_array_after", "single_after"}

    assert seen.first.keys | dependents == JOBS


def test_second_run_submits_no_job_that_waits_for_the_first(seen: Seen) -> None:
    assert seen.second.keys == JOBS - HELD_BY_FAILURES - AFTER_PAST


def test_second_run_submits_the_held_jobs_after_the_first_is_repaired(seen: Seen) -> None:
    assert seen.repaired.keys == JOBS


def test_limited_job_waits_until_the_job_of_the_other_run_has_ended(seen: Seen) -> None:
    for key in ("single", "single_array"):
        assert seen.second.life(key)[0] >= seen.first.life(key)[1]


def test_other_jobs_do_not_wait_for_the_gates(seen: Seen) -> None:
    for key in FREE:
        assert seen.second.life(key)[0] < seen.first.life("single")[1]


def test_jobs_of_a_pool_with_one_slot_never_overlap(seen: Seen) -> None:
    lives = [jobs.life(key) for jobs in (seen.first, seen.second) for key in ("pooled", "pooled_array")]

    for (_, end), (start, _) in combinations(sorted(lives), 2):
        assert start >= end


def test_jobs_without_gates_are_chained_in_batch(seen: Seen) -> None:
    for jobs in (seen.first, seen.second):
        assert jobs.dependencies("free_after") == {"free"}
        assert jobs.dependencies("free_array") == {"free"}
        assert jobs.dependencies("free_array_after") == {"free_array"}


def test_job_with_a_trigger_rule_runs_after_a_failure(seen: Seen) -> None:
    assert seen.first.by_key["past"]["status"] == "FAILED"
    assert seen.first.by_key["always"]["status"] == "SUCCEEDED"
    assert seen.first.by_key["always_after"]["status"] == "SUCCEEDED"
    assert seen.first.life("always")[0] >= seen.first.life("past")[1]


@pytest.mark.parametrize("mode", MODES)
def test_gates_from_default_args_hold_jobs_too(pairs: dict[str, Pair], mode: str) -> None:
    keys = {"clean", "model", "store"}
    pair = pairs[f"gates_default_{mode}"]

    pair.wait_for_jobs(pair.second, keys, "clean")
    held = Jobs.of(pair.second, keys)
    first = Jobs.of(pair.first, keys)
    pair.mark_first_success("model", "store")
    pair.wait_for_jobs(pair.second, keys, *keys)
    repaired = Jobs.of(pair.second, keys)

    assert first.keys - {"store"} == {"clean", "model"}
    assert first.by_key["model"]["status"] == "FAILED"
    assert held.keys == {"clean"}
    assert repaired.keys == keys
    lives = sorted(repaired.life(key) for key in keys)
    assert all(start >= end for (_, end), (start, _) in combinations(lives, 2))


@pytest.mark.parametrize("mode", MODES)
def test_task_groups_wait_for_the_tasks_before_them(groups: dict[str, RunUnderTest], mode: str) -> None:
    run = groups[mode]
    state = run.wait()
    jobs = Jobs.of(run, {f"{group}.{key}" for group in GROUPS for key in GROUP_JOBS})

    assert state == "success"
    assert jobs.keys == {f"{group}.{key}" for group in ("chosen", "prepared", "sensed") for key in GROUP_JOBS}
    for task_id, group in {"prepare": "prepared", "sense": "sensed"}.items():
        task = run.api.call(
            "GET", f"/api/v2/dags/{run.run.dag_id}/dagRuns/{run.run.run_id}/taskInstances/{task_id}"
        )
        end = datetime.fromisoformat(task["end_date"]).timestamp() * 1000
        assert all(jobs.life(f"{group}.{key}")[0] >= end - 1 for key in GROUP_JOBS)
