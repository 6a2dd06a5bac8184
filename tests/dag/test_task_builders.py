"""Tasks of plans in which Airflow handles some dependencies, in both submission modes."""

import logging

import pytest
from airflow.sdk import DAG

from airflow_batch_provider.dag.factory import build_dag, build_task_group, dag_of
from airflow_batch_provider.operators.batch import (
    BatchJobChainOperator,
    BatchJobOperator,
    BatchSubmitWorkflowOperator,
)
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import parse_workflow

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"
MIXED = """
jobs:
  a: {}
  b: {depends_on: [a], trigger_rule: all_done}
  c: {depends_on: [b]}
  d: {depends_on: [c, a]}
"""


def dag_from(jobs, submission="at_once"):
    return build_dag(parse_workflow(f"submission: {submission}\n{HEAD}{jobs}"))


def edges(dag):
    return {(task.task_id, downstream) for task in dag.tasks for downstream in task.downstream_task_ids}


def test_at_once_task_submits_its_job_and_downstream_jobs():
    dag = dag_from(MIXED)

    assert edges(dag) == {("submit", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")}
    assert set(dag.get_task("submit").jobs) == {"a"}
    assert isinstance(dag.get_task("b"), BatchJobChainOperator)
    assert dag.get_task("b").trigger_rule == "all_done"
    assert set(dag.get_task("b").chain) == {"c"}
    assert dag.get_task("b").adopt is None


def test_at_once_downstream_task_adopts_job_of_chain():
    adopted = dag_from(MIXED).get_task("c").adopt

    assert (adopted.task_id, adopted.key) == ("b", "job.c")


def test_at_once_job_without_downstream_jobs_has_no_chain():
    assert type(dag_from(MIXED).get_task("d")) is BatchJobOperator


def test_at_once_has_no_submit_task_without_jobs_to_submit():
    dag = dag_from("jobs:\n  a: {environment: {X: \"{{ ti.xcom_pull('x') }}\"}}\n")

    assert dag.task_ids == ["a"]


def test_per_job_submit_waits_for_airflow_dependencies():
    dag = dag_from(MIXED, "per_job")

    b_edges = {edge for edge in edges(dag) if edge[1].startswith("b.")}
    assert b_edges == {("a.wait", "b.submit"), ("b.submit", "b.wait")}
    assert dag.get_task("b.submit").trigger_rule == "all_done"
    assert dag.get_task("b.wait").trigger_rule == "all_success"
    assert dag.get_task("b.submit").depends_on == []


def test_per_job_batch_handles_remaining_dependencies():
    dag = dag_from(MIXED, "per_job")

    assert ("b.submit", "c.submit") in edges(dag)
    assert [job_id.operator.task_id for job_id in dag.get_task("d.submit").depends_on] == [
        "a.submit",
        "c.submit",
    ]


ARRAYS = """
jobs:
  many: {array_size: 10001}
  paired: {array_size: 10001, depends_on: [{job: many, type: N_TO_N}]}
  report: {depends_on: [paired]}
"""


def test_at_once_large_array_becomes_task_group():
    dag = dag_from(ARRAYS)

    assert set(dag.task_group.children) == {"submit", "many", "paired", "report"}
    assert edges(dag) == {
        ("submit", "many.0"),
        ("submit", "many.1"),
        ("many.0", "paired.0"),
        ("many.1", "paired.1"),
        ("paired.0", "report"),
        ("paired.1", "report"),
    }
    assert (dag.get_task("paired.1").adopt.task_id, dag.get_task("paired.1").adopt.key) == (
        "submit",
        "paired.1",
    )


def test_per_job_large_array_becomes_nested_task_groups():
    dag = dag_from(ARRAYS, "per_job")

    assert {"many.0.submit", "many.1.wait", "paired.1.submit", "report.wait"} <= set(dag.task_dict)
    assert ("many.1.submit", "paired.1.submit") in edges(dag)


def test_task_group_prefixes_all_references():
    with DAG("outer", schedule=None) as dag:
        build_task_group(parse_workflow(f"{HEAD}{MIXED}{ARRAYS.replace('jobs:', '')}"), group_id="g")

    assert dag.get_task("g.c").adopt.task_id == "g.b"
    assert dag.get_task("g.many.1").adopt.task_id == "g.submit"
    assert isinstance(dag.get_task("g.submit"), BatchSubmitWorkflowOperator)


TASKS = """
jobs:
  a: {}
  b: {depends_on: [t]}
tasks:
  t: {python: json.loads, arguments: {s: "{{ ds }}"}, depends_on: [a], retries: 3}
"""


@pytest.mark.parametrize(
    ("submission", "expected"),
    [
        ("at_once", {("submit", "a"), ("a", "t"), ("t", "b")}),
        (
            "per_job",
            {("a.submit", "a.wait"), ("a.wait", "t"), ("t", "b.submit"), ("b.submit", "b.wait")},
        ),
    ],
)
def test_python_task_is_placed_between_jobs(submission, expected):
    dag = dag_from(TASKS, submission)

    assert edges(dag) == expected
    assert dag.get_task("t").retries == 3


@pytest.mark.parametrize("submission", ["at_once", "per_job"])
def test_task_settings_apply_to_tasks_of_job(submission):
    dag = dag_from(
        "jobs:\n  a: {retries: 2, execution_timeout: 2h, owner: risk, produces: [s3://x]}\n", submission
    )

    task = dag.get_task("a" if submission == "at_once" else "a.wait")
    assert (task.retries, task.execution_timeout.total_seconds(), task.owner) == (2, 7200, "risk")
    assert [asset.uri for asset in task.outlets] == ["s3://x/"]
    if submission == "per_job":
        submit = dag.get_task("a.submit")
        assert (submit.retries, submit.execution_timeout, submit.outlets) == (2, None, [])


def test_job_uses_its_own_connection():
    dag = dag_from("jobs:\n  a: {}\n  b: {depends_on: [a], connection: {region_name: us-east-1}}\n")

    assert dag.get_task("a").connection.region_name is None
    assert dag.get_task("b").connection.region_name == "us-east-1"


def test_dag_with_more_than_1000_tasks_logs_warning(caplog):
    jobs = "".join(f"  j{number}: {{}}\n" for number in range(1000))
    plan = plan_workflow(parse_workflow(f"{HEAD}jobs:\n{jobs}"))

    with caplog.at_level(logging.WARNING, logger="airflow_batch_provider.dag.factory"):
        dag_of(plan)

    assert (
        "DAG 'w' has 1,001 tasks. With more than 1,000, Airflow's scheduler and UI become slow. Replace jobs"
        in caplog.text
    )


def test_dag_with_1000_tasks_logs_no_warning(caplog):
    jobs = "".join(f"  j{number}: {{}}\n" for number in range(999))
    plan = plan_workflow(parse_workflow(f"{HEAD}jobs:\n{jobs}"))

    with caplog.at_level(logging.WARNING, logger="airflow_batch_provider.dag.factory"):
        dag_of(plan)

    assert caplog.text == ""


@pytest.mark.parametrize(
    ("submission", "tasks"),
    [("at_once", ["a", "b"]), ("per_job", ["a.submit", "a.wait", "b.submit", "b.wait"])],
)
def test_job_label_is_passed_to_the_operator(submission, tasks):
    dag = dag_from("jobs:\n  a: {job_label: june}\n  b: {job_label: june, depends_on: [a]}\n", submission)

    assert {(dag.get_task(task).job_name, dag.get_task(task).job_label) for task in tasks} == {(None, "june")}
    if submission == "at_once":
        assert {request["jobLabel"] for request in dag.get_task("submit").jobs.values()} == {"june"}
