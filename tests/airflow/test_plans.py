"""Dependencies and array sizes that AWS Batch does not support, handled by Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest

WORKFLOWS = ("planned", "planned_per_job", "fan_in", "mixed")
RUN_SECONDS = 600

pytestmark = pytest.mark.timeout(2 * RUN_SECONDS)


class EndedRun:
    """A finished run with the jobs that its tasks followed."""

    def __init__(self, run: RunUnderTest) -> None:
        self.state = run.wait(RUN_SECONDS)
        self.states = run.states
        self._run = run

    def job(self, task_id: str) -> dict[str, Any]:
        return self._run.describe(self._run.xcom(task_id, "job_id"))

    def depends_on(self, task_id: str) -> list[dict[str, str]]:
        return list(self.job(task_id)["dependsOn"])

    def not_succeeded(self) -> dict[str, str | None]:
        return {task_id: state for task_id, state in self.states.items() if state != "success"}


@pytest.fixture(scope="module")
def runs(airflow: AirflowProcesses, scripted_batch: LocalBatchProcess) -> dict[str, EndedRun]:
    """A finished run of each workflow; the runs are concurrent."""
    for dag_id in WORKFLOWS:
        airflow.api.wait_for_dag(dag_id)
    started = {
        dag_id: RunUnderTest(airflow.api, scripted_batch.url, airflow.api.trigger(dag_id))
        for dag_id in WORKFLOWS
    }
    return {dag_id: EndedRun(run) for dag_id, run in started.items()}


@pytest.fixture(scope="module")
def planned(runs: dict[str, EndedRun]) -> EndedRun:
    return runs["planned"]


@pytest.fixture(scope="module")
def per_job(runs: dict[str, EndedRun]) -> EndedRun:
    return runs["planned_per_job"]


def ids_of(run: EndedRun, *task_ids: str) -> list[dict[str, str]]:
    return [{"jobId": run.job(task_id)["jobId"]} for task_id in task_ids]


def test_runs_end_with_expected_states(runs: dict[str, EndedRun]) -> None:
    assert {dag_id: run.state for dag_id, run in runs.items()} == dict.fromkeys(WORKFLOWS, "success")
    assert {dag_id: run.not_succeeded() for dag_id, run in runs.items()} == {
        "planned": {"broken": "failed"},
        "planned_per_job": {"broken.wait": "failed"},
        "fan_in": {},
        "mixed": {},
    }


def test_array_of_size_one_is_plain_job_with_offset(planned: EndedRun) -> None:
    one = planned.job("one")

    assert "arrayProperties" not in one
    assert {"name": "BATCH_ARRAY_OFFSET", "value": "0"} in one["container"]["environment"]


@pytest.mark.parametrize(
    ("task_id", "size", "offset"),
    [
        ("two", 2, None),
        ("most", 10_000, None),
        ("over.0", 5_000, "0"),
        ("over.1", 5_001, "5000"),
        ("many.2", 8_334, "16666"),
        ("paired.2", 8_334, "16666"),
    ],
)
def test_arrays_run_all_children(planned: EndedRun, task_id: str, size: int, offset: str | None) -> None:
    job = planned.job(task_id)

    variables = {entry["name"]: entry["value"] for entry in job["container"]["environment"]}
    assert job["arrayProperties"]["statusSummary"]["SUCCEEDED"] == size
    assert variables.get("BATCH_ARRAY_OFFSET") == offset


@pytest.mark.parametrize("part", [0, 1, 2])
def test_split_arrays_keep_n_to_n_dependencies(planned: EndedRun, part: int) -> None:
    many = planned.job(f"many.{part}")["jobId"]

    assert planned.depends_on(f"paired.{part}") == [{"jobId": many, "type": "N_TO_N"}]


def test_all_done_job_runs_after_failure_and_chains_next_job(planned: EndedRun) -> None:
    broken, clean_up = planned.job("broken"), planned.job("clean_up")

    assert (broken["status"], clean_up["status"]) == ("FAILED", "SUCCEEDED")
    assert clean_up["createdAt"] > broken["stoppedAt"]
    assert planned.depends_on("cleaned_up") == ids_of(planned, "clean_up")


def test_array_size_comes_from_run_params(planned: EndedRun) -> None:
    paired = planned.job("at_run_time_paired")

    assert paired["arrayProperties"]["size"] == 3
    assert paired["dependsOn"] == [{"jobId": planned.job("at_run_time")["jobId"], "type": "N_TO_N"}]


def test_python_task_passes_its_result_to_next_job(planned: EndedRun) -> None:
    before, between = planned.job("before"), planned.job("between")

    assert between["createdAt"] > before["stoppedAt"]
    assert between["arrayProperties"]["size"] == 3


def test_task_added_by_dag_file_passes_its_result_to_next_job(runs: dict[str, EndedRun]) -> None:
    mixed = runs["mixed"]

    assert mixed.job("process")["arrayProperties"]["size"] == 3
    assert mixed.depends_on("last") == ids_of(mixed, "process")


def test_inline_job_definition_is_registered_once(
    planned: EndedRun, scripted_batch: LocalBatchProcess
) -> None:
    names = {
        planned.job(key)["jobDefinition"].split("/")[1] for key in ("one", "many.0", "broken", "between")
    }

    (name,) = names
    batch = aws_client("batch", scripted_batch.url)
    definition_name = name.partition(":")[0]
    found = batch.describe_job_definitions(jobDefinitionName=definition_name)["jobDefinitions"]
    assert [each["revision"] for each in found if each["status"] == "ACTIVE"] == [1]


def test_fan_in_of_20_uses_batch_dependencies(runs: dict[str, EndedRun]) -> None:
    fan_in = runs["fan_in"]

    assert len(fan_in.depends_on("one")) == 1
    assert len(fan_in.depends_on("twenty")) == 20


def test_fan_in_of_21_is_submitted_after_all_dependencies_end(runs: dict[str, EndedRun]) -> None:
    fan_in = runs["fan_in"]

    ends = [fan_in.job(f"e_{number}")["stoppedAt"] for number in range(21)]

    assert fan_in.depends_on("twenty_one") == []
    assert fan_in.job("twenty_one")["createdAt"] > max(ends)
    assert fan_in.depends_on("behind") == ids_of(fan_in, "twenty_one")


def test_per_job_all_done_job_is_submitted_after_failure(per_job: EndedRun) -> None:
    assert per_job.job("broken.wait")["status"] == "FAILED"
    assert per_job.depends_on("clean_up.wait") == []


def test_per_job_split_arrays_keep_n_to_n_dependencies(per_job: EndedRun) -> None:
    many = per_job.job("many.1.wait")["jobId"]

    assert per_job.depends_on("paired.1.wait") == [{"jobId": many, "type": "N_TO_N"}]


def test_per_job_array_size_comes_from_params_and_python_task(per_job: EndedRun) -> None:
    assert per_job.job("at_run_time_paired.wait")["arrayProperties"]["size"] == 3
    assert per_job.job("between.wait")["arrayProperties"]["size"] == 3
