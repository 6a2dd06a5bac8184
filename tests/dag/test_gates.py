"""Tasks of jobs that settings of Airflow hold back, and tasks that a DAG file adds to them."""

from datetime import UTC, datetime

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup

from airflow_batch_provider.dag import task_builder
from airflow_batch_provider.dag.factory import build_dag, build_task_group
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.operators.batch import BatchJobChainOperator, BatchJobOperator
from airflow_batch_provider.spec.loader import parse_workflow

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"
CHAIN = "jobs:\n  a: {}\n  b: {depends_on: [a]%s}\n  c: {depends_on: [b]}\n"
MODES = pytest.mark.parametrize("submission", ["at_once", "per_job"])


def spec(jobs, submission="at_once"):
    return parse_workflow(f"submission: {submission}\n{HEAD}{jobs}")


def dag_from(settings="", submission="at_once", **dag_arguments):
    return build_dag(spec(CHAIN % settings, submission), **dag_arguments)


def edges(dag):
    return {(task.task_id, downstream) for task in dag.tasks for downstream in task.downstream_task_ids}


def test_gated_job_in_at_once():
    dag = dag_from(", pool: licenses, pool_slots: 2")

    assert edges(dag) == {("submit", "a"), ("a", "b"), ("b", "c")}
    task = dag.get_task("b")
    assert isinstance(task, BatchJobChainOperator)
    assert (task.pool, task.pool_slots, list(task.chain)) == ("licenses", 2, ["c"])
    assert dag.get_task("c").pool == "default_pool"


def test_gated_job_in_per_job_has_one_task():
    dag = dag_from(", pool: licenses", "per_job")

    assert edges(dag) == {("a.submit", "a.wait"), ("a.wait", "b"), ("b", "c.submit"), ("c.submit", "c.wait")}
    assert type(dag.get_task("b")) is BatchJobOperator
    assert not dag.get_task("b").adopts


def test_per_job_waits_for_the_ends_of_downstream_jobs_of_the_previous_run():
    dag = dag_from(", wait_for_downstream: true", "per_job")

    assert dag.get_task("b").downstream_task_ids == {"c.submit", "c.wait"}


@MODES
def test_only_the_wanted_task_of_a_gated_job_is_built(submission):
    from airflow_batch_provider.dag.factory import dag_of
    from airflow_batch_provider.plan.planner import plan_workflow

    plan = plan_workflow(spec(CHAIN % ", pool: licenses", submission))

    assert dag_of(plan, only="b").task_ids == ["b"]


@MODES
@pytest.mark.parametrize(
    ("settings", "is_deferrable"),
    [
        (", depends_on_past: true", True),
        (", max_active_tis_per_dag: 1", True),
        (", pool: licenses", False),
        (", pool: licenses, deferrable: true", True),
        (", max_active_tis_per_dag: 1, deferrable: false", False),
    ],
)
def test_task_waits_in_a_worker_where_airflow_counts_no_deferred_tasks(
    settings, is_deferrable, submission, monkeypatch
):
    monkeypatch.setattr(task_builder, "_COUNTS_DEFERRED_TASKS", True)

    assert dag_from(settings, submission).get_task("b").deferrable is is_deferrable


def test_airflow_3_1_counts_no_deferred_tasks_for_task_limits(monkeypatch):
    monkeypatch.setattr(task_builder, "_COUNTS_DEFERRED_TASKS", False)

    assert not dag_from(", max_active_tis_per_dag: 1").get_task("b").deferrable


def test_default_args_choose_whether_tasks_are_deferred():
    dag = dag_from(", pool: licenses", default_args={"deferrable": True})

    assert dag.get_task("b").deferrable


def test_submit_has_no_gate_of_default_args():
    jobs = "jobs:\n  a: {depends_on_past: false}\n  b: {}\n"
    dag = build_dag(spec(jobs), default_args={"depends_on_past": True})

    gated = {task.task_id: task.depends_on_past for task in dag.tasks}
    assert gated == {"submit": False, "a": False, "b": True}


@MODES
def test_trigger_rule_of_default_args_is_not_for_waiting(submission):
    dag = dag_from("", submission, default_args={"trigger_rule": "all_done"})

    for task in dag.tasks:
        assert task.trigger_rule == ("all_success" if task.task_id.endswith(".wait") else "all_done")


@MODES
def test_submission_of_jobs_without_the_rule_of_default_args_waits_for_success(submission):
    jobs = "jobs:\n  a: {trigger_rule: all_success}\n  b: {depends_on: [a], trigger_rule: all_success}\n"
    with DAG("outer", schedule=None, default_args={"trigger_rule": "all_done"}) as dag:
        EmptyOperator(task_id="sensor") >> build_task_group(spec(jobs, submission), group_id="g")

    dag.resolve_template_files()
    assert {task.trigger_rule for task in dag.tasks if task.task_id != "sensor"} == {"all_success"}


def test_submit_has_no_gate_that_every_job_overrides():
    jobs = "jobs:\n  a: {depends_on_past: false}\n"
    dag = build_dag(spec(jobs), default_args={"depends_on_past": True})

    assert not dag.get_task("submit").depends_on_past


@MODES
def test_default_args_around_a_task_group_hold_its_jobs_back(submission):
    with DAG("outer", schedule=None, default_args={"depends_on_past": True}) as dag:
        build_task_group(spec(CHAIN % "", submission), group_id="g")

    assert sorted(dag.task_ids) == ["g.a", "g.b", "g.c"]


def test_default_args_of_outer_group_hold_jobs_back():
    with (
        DAG("outer", schedule=None) as dag,
        TaskGroup("outside", default_args={"pool": "licenses"}),
    ):
        build_task_group(spec(CHAIN % ""), group_id="g")

    assert sorted(dag.task_ids) == ["outside.g.a", "outside.g.b", "outside.g.c"]


@MODES
def test_task_before_a_task_group_is_upstream_of_every_submission(submission):
    with DAG("outer", schedule=None) as dag:
        jobs = "jobs:\n  a: {}\n  b: {depends_on: [a]}\n  r: {pool: p}\n"
        EmptyOperator(task_id="sensor") >> build_task_group(spec(jobs, submission), group_id="g")

    dag.resolve_template_files()
    submitting = {"g.submit", "g.r"} if submission == "at_once" else {"g.a.submit", "g.r"}
    assert dag.get_task("sensor").downstream_task_ids == submitting


@pytest.mark.parametrize(
    ("submission", "task_id", "remedy"),
    [
        ("at_once", "b", "set 'submitted_by: own_task' on job 'b' in the spec"),
        ("per_job", "b.wait", "put it upstream of task 'b.submit' instead"),
    ],
)
def test_task_upstream_of_a_chained_job_is_an_error(submission, task_id, remedy):
    dag = dag_from("", submission)
    EmptyOperator(task_id="sensor", dag=dag) >> dag.get_task(task_id)

    with pytest.raises(RequestError) as error:
        dag.resolve_template_files()

    assert str(error.value) == (
        f"another task submits the job of task '{task_id}', so that the upstream task 'sensor' would not "
        f"hold the job back; {remedy}"
    )


@pytest.mark.parametrize(
    ("submission", "settings", "task_id"),
    [
        ("at_once", ", submitted_by: own_task", "b"),
        ("at_once", ", pool: p", "b"),
        ("per_job", "", "b.submit"),
    ],
)
def test_task_upstream_of_a_submission_is_allowed(submission, settings, task_id):
    dag = dag_from(settings, submission)
    EmptyOperator(task_id="sensor", dag=dag) >> dag.get_task(task_id)

    dag.resolve_template_files()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pool", "licenses"),
        ("depends_on_past", True),
        ("max_active_tis_per_dag", 1),
        ("trigger_rule", "all_done"),
    ],
)
def test_gate_that_a_dag_file_sets_on_a_chained_job_is_an_error(name, value):
    dag = dag_from()
    setattr(dag.get_task("b"), name, value)

    with pytest.raises(RequestError, match=f"{name}, which the DAG file sets"):
        dag.resolve_template_files()


@MODES
def test_task_upstream_of_submission_may_be_upstream_of_every_task(submission):
    dag = dag_from("", submission)
    tasks = list(dag.tasks)
    EmptyOperator(task_id="start", dag=dag) >> tasks

    dag.resolve_template_files()


def test_end_date_of_one_chained_job_is_an_error():
    dag = dag_from()
    dag.get_task("b").end_date = datetime(2026, 1, 1, tzinfo=UTC)

    with pytest.raises(RequestError, match="end_date, which the DAG file sets"):
        dag.resolve_template_files()


def test_chained_job_cannot_become_a_teardown():
    dag = dag_from()
    dag.get_task("b").as_teardown()

    with pytest.raises(RequestError, match="trigger_rule, which the DAG file sets"):
        dag.resolve_template_files()


@MODES
def test_tasks_know_whether_jobs_depend_on_theirs_in_batch(submission):
    dag = dag_from("", submission)

    ends = {key: dag.get_task(key if submission == "at_once" else f"{key}.wait") for key in "abc"}
    assert {key: task.has_dependent_jobs for key, task in ends.items()} == {"a": True, "b": True, "c": False}
