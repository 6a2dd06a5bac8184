"""Runs, tasks and DAGs are deleted at different stages of runs; none of their jobs stays live."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from harness.airflow_api import AirflowApi, AirflowApiError
from harness.airflow_processes import AirflowProcesses
from tests.api_server_log import no_traceback
from tests.soak.run_under_test import RunUnderTest, eventually
from tests.soak.supervision import restarted_scheduler

CHAIN = ("first", "middle", "last")
KEYS = {
    "plain": ("first",),
    "array": ("first",),
    "chain": CHAIN,
    "group": tuple(f"work.{key}" for key in CHAIN),
}
STAGES = ("submitting", "held", "deferred", "poking", "resuming")
SUFFIXES = {"held": "_held", "poking": "_poking"}
SUBMISSION_SECONDS = 3.0
"""How long AWS Batch takes to respond to SubmitJob while tasks are deleted."""
LIMIT_SECONDS = 30.0
"""How long a job may be live after its task was deleted."""


@pytest.fixture(autouse=True)
def no_faults_left(batch: LocalBatchRegion) -> Iterator[None]:
    yield
    batch.clear_faults_and_scripts()


@pytest.fixture(autouse=True)
def api_log(airflow: AirflowProcesses) -> Iterator[None]:
    with no_traceback(airflow):
        yield


@pytest.fixture(autouse=True, scope="module")
def scheduler_errors(airflow: AirflowProcesses) -> Iterator[None]:
    """Restart Airflow's scheduler: it crashes if a run is deleted while it is processing this run."""
    with restarted_scheduler(airflow) as errors:
        yield
    assert set(errors) <= {"ObjectDeletedError", "StaleDataError"}


@pytest.fixture(scope="module")
def other(airflow: AirflowProcesses, batch: LocalBatchRegion) -> RunUnderTest:
    """A run of another DAG, whose jobs no test may touch."""
    tested = RunUnderTest.start(airflow.api, batch, "chain_at_once", CHAIN, seconds=86_400)
    eventually(lambda: tested.live() == all_of(tested), "the jobs of the other DAG are submitted")
    return tested


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("submission_mode", ["at_once", "per_job"])
def test_deleted_runs_tasks_and_dags_leave_no_live_job(
    airflow: AirflowProcesses,
    batch: LocalBatchRegion,
    dags_folder: Path,
    other: RunUnderTest,
    record_property: Callable[[str, object], None],
    submission_mode: str,
    stage: str,
) -> None:
    (dags_folder / "deletes.py").touch()  # an earlier test has deleted the DAGs
    suffix = SUFFIXES.get(stage, "")
    all_kept = {
        shape: RunUnderTest.start(
            airflow.api, batch, f"deleted_{shape}_{submission_mode}{suffix}", KEYS[shape]
        )
        for shape in KEYS
    }
    for kept in all_kept.values():
        eventually(lambda kept=kept: kept.live() == all_of(kept), "the jobs of the kept run are submitted")
    if stage == "submitting":
        batch.inject_fault(
            operation="SubmitJob", kind="delay", phase="after", seconds=SUBMISSION_SECONDS, times=None
        )
    with ThreadPoolExecutor(len(KEYS)) as pool:
        outcomes = {shape: pool.submit(delete_all, stage, kept) for shape, kept in all_kept.items()}
    seconds = {shape: outcome.result() for shape, outcome in outcomes.items()}

    record_property("seconds until no job is live", seconds)
    assert other.live() == all_of(other)


def delete_all(stage: str, kept: RunUnderTest) -> dict[str, float]:
    """
    Delete runs of a DAG and a task in a stage, then the DAG; return the seconds until no job was live.

    :param kept: another run of the DAG, which must stay as it is until the DAG is deleted.
    """
    api, batch, dag_id, first = kept.api, kept.batch, kept.dag_id, kept.keys[0]
    seconds: dict[str, float] = {}

    def start() -> RunUnderTest:
        """Start a run. If all started at once, those that wait in workers would take all slots."""
        tested = RunUnderTest.start(api, batch, dag_id, kept.keys)
        reach(stage, tested)
        return tested

    by_run = start()
    delete_marked_run(api, by_run)
    seconds["run"] = wait_for_no_job(by_run, *by_run.keys)
    by_queued_run = start()
    delete_queued_run(api, by_queued_run)
    seconds["queued run"] = wait_for_no_job(by_queued_run, *by_queued_run.keys)
    by_task = start()
    api.delete_task(dag_id, by_task.run.run_id, by_task.task(first))
    seconds["task"] = wait_for_no_job(by_task, first)

    assert kept.live() == all_of(kept)

    by_dag = start()
    delete_dag(api, dag_id)
    until = time.monotonic() + LIMIT_SECONDS
    seconds["dag"] = max(wait_for_no_job(each, *each.keys) for each in (by_dag, by_task, kept))

    # A submission that was in flight may still have created a job after the others were terminated.
    eventually(lambda: time.monotonic() > until, "nothing is live from now on")
    assert [each.live() for each in (by_run, by_queued_run, by_task, by_dag, kept)] == [Counter()] * 5
    return seconds


def all_of(tested: RunUnderTest) -> Counter[str]:
    return Counter(tested.keys)


def reach(stage: str, tested: RunUnderTest) -> None:
    """Wait until a run is in a stage."""
    first = tested.keys[0]
    if stage == "submitting":
        eventually(lambda: tested.jobs(first), "a job is being submitted")
        return
    eventually(lambda: tested.live() == all_of(tested), "all jobs are submitted")
    state = {"held": "scheduled", "poking": "running"}.get(stage, "deferred")
    eventually(lambda: tested.task_state(first) == state, f"'{first}' is {state}")
    if stage == "resuming":
        for job in eventually(tested.running_jobs, f"'{first}' runs"):
            tested.batch.end_job(job["jobId"], exit_code=1)
        eventually(lambda: tested.task_state(first) != "deferred", f"'{first}' resumes")


def delete_marked_run(api: AirflowApi, tested: RunUnderTest) -> None:
    api.set_run_state(tested.dag_id, tested.run.run_id, "failed")
    api.delete_run(tested.dag_id, tested.run.run_id)


def delete_queued_run(api: AirflowApi, tested: RunUnderTest) -> None:
    """Queue a run again by clearing it, and delete it before it runs; mark it if it was too fast."""
    api.clear_run(tested.dag_id, tested.run.run_id)
    if accepted(lambda: api.delete_run(tested.dag_id, tested.run.run_id)):
        return
    delete_marked_run(api, tested)


def delete_dag(api: AirflowApi, dag_id: str) -> None:
    """Delete a DAG; while tasks of it are running, Airflow refuses this, and the runs must be marked."""
    if accepted(lambda: api.delete_dag(dag_id)):
        return
    for run in api.runs(dag_id):
        api.set_run_state(dag_id, run.run_id, "failed")
    eventually(lambda: accepted(lambda: api.delete_dag(dag_id)), f"Airflow deletes {dag_id}")


def accepted(call: Callable[[], None]) -> bool:
    """Return whether Airflow accepts a call in the state that it is in."""
    try:
        call()
    except AirflowApiError as error:
        if error.status == HTTPStatus.CONFLICT:
            return False
        raise
    return True


def wait_for_no_job(tested: RunUnderTest, *keys: str) -> float:
    """Wait until none of the jobs is live; return the seconds it took."""
    started = time.monotonic()
    wanted = set(keys)
    eventually(
        lambda: not wanted & set(tested.live()),
        f"no live job of {tested.dag_id} {tested.run.run_id}",
        timeout_seconds=LIMIT_SECONDS,
    )
    return round(time.monotonic() - started, 1)
