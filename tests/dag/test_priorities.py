"""The priorities of tasks: small workflows first, and what jobs wait for before what follows jobs."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG, WeightRule

from airflow_batch_provider.dag.factory import build_dag, build_task_group
from airflow_batch_provider.dag.priorities import HIGHEST, weight_of
from airflow_batch_provider.spec.models import AirflowSettings, Job, JobSettings, PythonTask, Workflow
from tests.airflow_versions import DagSerialization


def workflow(jobs=2, *, others=None, **settings):
    return Workflow(
        workflow="w",
        defaults=JobSettings(job_queue="etl", job_definition="step"),
        jobs={f"job_{number}": Job() for number in range(jobs)} | (others or {}),
        **settings,
    )


def priorities(dag):
    """Return the weights as Airflow's scheduler reads them, by task ID."""
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    rules = {type(task.weight_rule).__name__ for task in stored.tasks}
    assert rules == {"_AbsolutePriorityWeightStrategy"}
    return {task.task_id: task.priority_weight for task in stored.tasks}


@pytest.mark.parametrize(
    ("members", "weight"), [(1, 10), (2, 9), (3, 9), (4, 8), (100, 4), (511, 2), (512, 1), (100_000, 1)]
)
def test_the_weight_falls_with_the_number_of_jobs(members, weight):
    assert weight_of(members) == weight


def test_the_submitting_task_of_any_workflow_comes_before_all_followers():
    large, small = (priorities(build_dag(workflow(size))) for size in (600, 3))
    assert large.pop("submit") == small.pop("submit") == HIGHEST
    assert set(large.values()) == {1}
    assert set(small.values()) == {9}


def test_a_submission_comes_before_the_waits_of_the_same_workflow():
    found = priorities(build_dag(workflow(20, submission="per_job")))
    assert {found[f"job_{number}.submit"] for number in range(20)} == {7}
    assert {found[f"job_{number}.wait"] for number in range(20)} == {6}


def test_jobs_wait_for_python_tasks_and_for_tasks_that_submit_their_own_jobs():
    task = PythonTask(python="json.dumps", arguments={"obj": 1})
    gated = {"gated": Job(pool="licenses", depends_on=["job_0"])}
    found = priorities(build_dag(workflow(6, tasks={"check": task}, others=gated)))
    assert (found["check"], found["gated"], found["job_0"]) == (8, 8, 7)


def test_a_task_group_has_the_weights_of_its_own_workflow():
    with DAG("around") as dag:
        build_task_group(workflow(3))
    assert priorities(dag)["w.job_0"] == 9


@pytest.mark.parametrize("rule", [WeightRule.DOWNSTREAM, WeightRule.UPSTREAM])
def test_a_rule_in_default_args_stays(rule):
    dag = build_dag(workflow(airflow=AirflowSettings(default_args={"weight_rule": str(rule.value)})))
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    names = {type(task.weight_rule).__name__ for task in stored.tasks}
    assert names == {f"_{rule.value.capitalize()}PriorityWeightStrategy"}
    assert {task.priority_weight for task in stored.tasks} == {1}


def test_a_rule_in_the_default_args_of_the_dag_around_a_group_stays():
    with DAG("around", default_args={"priority_weight": 5}) as dag:
        build_task_group(workflow(3))
    assert {task.priority_weight for task in dag.tasks} == {5}


def test_the_priority_of_a_job_stays():
    dag = build_dag(workflow(3, others={"urgent": Job(priority_weight=50)}))
    assert dag.get_task("urgent").priority_weight == 50
    assert dag.get_task("job_0").priority_weight == 8
