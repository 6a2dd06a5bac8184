"""Mapped tasks, mapped task groups, and dependencies that come from other tasks' results."""

from __future__ import annotations

from typing import Any

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.runs import RunUnderTest
from tests.airflow_versions import ends_in_triggerer


class MappedRun(RunUnderTest):
    """A run of the DAG `mapped`."""

    def instances(self, task_id: str) -> list[dict[str, Any]]:
        path = f"/api/v2/dags/mapped/dagRuns/{self.run.run_id}/taskInstances"
        found = self.api.call("GET", path, limit=1000)["task_instances"]
        return sorted((ti for ti in found if ti["task_id"] == task_id), key=lambda ti: ti["map_index"])

    def value(self, task_id: str, map_index: int = -1, key: str = "return_value") -> Any:
        path = f"/api/v2/dags/mapped/dagRuns/{self.run.run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self.api.call("GET", path, map_index=map_index)["value"]

    def values(self, task_id: str, key: str = "return_value") -> list[Any]:
        return [self.value(task_id, index, key) for index in range(3)]

    def clear(self, instances: list[list[Any]]) -> None:
        body = {"dry_run": False, "dag_run_id": self.run.run_id, "task_ids": instances, "only_failed": False}
        self.api.call("POST", "/api/v2/dags/mapped/clearTaskInstances", body)

    def dependencies(self, job_id: str) -> set[str]:
        return {each["jobId"] for each in self.describe(job_id)["dependsOn"]}


@pytest.fixture(scope="module")
def run(airflow: AirflowProcesses, scripted_batch: LocalBatchProcess) -> MappedRun:
    """A run that has succeeded."""
    airflow.api.wait_for_dag("mapped")
    run = MappedRun(airflow.api, scripted_batch.url, airflow.api.trigger("mapped"))
    assert run.wait(600) == "success", {
        f"{ti['task_id']}[{ti['map_index']}]": ti["state"]
        for ti in airflow.api.call(
            "GET", f"/api/v2/dags/mapped/dagRuns/{run.run.run_id}/taskInstances", limit=1000
        )["task_instances"]
        if ti["state"] != "success"
    }
    return run


def test_mapped_tasks_submit_and_follow_one_job_for_each_index(run: MappedRun) -> None:
    submitted = run.values("submit")

    assert len(set(submitted)) == 3
    assert run.values("follow") == run.values("follow_here") == submitted
    assert [run.describe(job_id)["parameters"]["part"] for job_id in submitted] == ["x", "y", "z"]


def test_map_index_templates_name_the_instances(run: MappedRun) -> None:
    def names(task_id: str) -> list[str]:
        return [ti["rendered_map_index"] for ti in run.instances(task_id)]

    assert names("submit") == ["part x", "part y", "part z"]
    assert names("follow") == [f"job {job_id}" for job_id in run.values("submit")]
    assert names("by_kwargs") == ["x", "y", "z"]


def test_keywords_of_jobs_may_come_from_another_task(run: MappedRun) -> None:
    jobs = [run.describe(job_id) for job_id in run.values("by_kwargs")]

    assert [job["arrayProperties"]["size"] for job in jobs] == [2, 2, 2]
    assert [job["jobName"].rpartition("-")[2] for job in jobs] == ["x", "y", "z"]


def test_depends_on_takes_the_output_of_a_mapped_task(run: MappedRun) -> None:
    submitted = run.values("submit")

    assert run.dependencies(run.value("after_submit")) == set(submitted)
    assert run.dependencies(run.value("by_template")) == {submitted[0], submitted[2]}


def test_job_ids_of_a_mapped_group_stay_within_their_index(run: MappedRun) -> None:
    mine = run.values("for_part.mine")

    after = run.values("for_part.after_mine")

    assert [run.dependencies(job_id) for job_id in after] == [{job_id} for job_id in mine]
    assert [run.describe(job_id)["parameters"]["part"] for job_id in mine] == ["x", "y", "z"]
    assert run.dependencies(run.value("after_group")) == set(mine)


def test_a_workflow_in_a_mapped_group_runs_once_for_each_index(run: MappedRun) -> None:
    for index in range(3):
        published = {key: run.value("for_part.mapped.submit", index, key) for key in ("first", "second")}
        own = run.value("for_part.mapped.own", index)
        chained = run.value("for_part.mapped.chained", index)

        assert {key: run.value(f"for_part.mapped.{key}", index) for key in published} == published
        assert run.dependencies(published["second"]) == {published["first"]}
        assert run.dependencies(chained) == {own}
        assert run.value("for_part.mapped.own", index, "job.chained") == chained


def test_a_workflow_per_job_in_a_mapped_group_runs_once_for_each_index(run: MappedRun) -> None:
    for key, dependency in (("second", "first"), ("chained", "own")):
        jobs = run.values(f"for_part.mapped_per_job.{key}.submit")
        others = run.values(f"for_part.mapped_per_job.{dependency}.submit")

        assert run.values(f"for_part.mapped_per_job.{key}.wait") == jobs
        assert [run.dependencies(job_id) for job_id in jobs] == [{job_id} for job_id in others]


def test_the_same_workflow_twice_has_jobs_of_its_own(run: MappedRun) -> None:
    groups = ("mapped", "mapped__1")

    jobs = {
        (group, key): run.value(f"{group}.{key}") for group in groups for key in ("first", "own", "chained")
    }

    assert len(set(jobs.values())) == 6
    for group in groups:
        assert run.dependencies(jobs[group, "chained"]) == {jobs[group, "own"]}


@ends_in_triggerer
def test_a_task_in_a_mapped_group_starts_in_the_triggerer(run: MappedRun) -> None:
    assert [ti["pid"] for ti in run.instances("for_part.mapped.first")] == [None, None, None]


def test_clearing_one_index_submits_only_its_job_again(run: MappedRun) -> None:
    task_ids = ("for_part.mapped.second", "for_part.mapped_per_job.second.wait")
    before = {task_id: run.values(task_id, "job_id") for task_id in task_ids}

    run.clear([[task_id, 1] for task_id in task_ids])

    assert run.wait() == "success"
    for task_id in task_ids:
        after = run.values(task_id, "job_id")
        assert [new == old for new, old in zip(after, before[task_id], strict=True)] == [True, False, True]
        assert run.describe(after[1])["status"] == "SUCCEEDED"
