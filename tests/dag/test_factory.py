"""Building of DAGs and task groups from workflows."""

import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pendulum
import pytest
from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk import DAG, TaskGroup, task_group

from airflow_batch_provider.dag.factory import build_dag, build_task_group
from airflow_batch_provider.dag.timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.batch import (
    BatchJobOperator,
    BatchSubmitJobOperator,
    BatchSubmitWorkflowOperator,
)
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.models import Job, JobSettings, Workflow
from tests.airflow_versions import DagSerialization

DAGS = Path(__file__).parents[2] / "dags"
DEFAULTS = JobSettings(job_queue="etl", job_definition="step")


def edges(dag):
    return {(task.task_id, downstream) for task in dag.tasks for downstream in task.downstream_task_ids}


def workflow(**arguments):
    return Workflow(
        **{
            "workflow": "w",
            "defaults": DEFAULTS,
            "jobs": {"a": Job(), "b": Job(depends_on=["a"])},
            **arguments,
        }
    )


@pytest.fixture(scope="module")
def post_trade():
    return build_dag(DAGS / "post_trade.yaml")


@pytest.fixture(scope="module")
def a_to_f():
    return build_dag(DAGS / "a_to_f.yaml")


def test_at_once_has_submit_task_and_one_task_per_job(post_trade):
    assert edges(post_trade) == {
        ("submit", "clean"),
        ("clean", "process"),
        ("process", "model"),
        ("model", "store"),
    }
    assert isinstance(post_trade.get_task("submit"), BatchSubmitWorkflowOperator)
    assert all(isinstance(post_trade.get_task(key), BatchJobOperator) for key in ("clean", "store"))


def test_at_once_submit_is_upstream_of_jobs_without_dependencies():
    dag = build_dag(workflow(jobs={"a": Job(), "b": Job(), "c": Job(depends_on=["a", "b"])}))

    assert edges(dag) == {("submit", "a"), ("submit", "b"), ("a", "c"), ("b", "c")}


def test_at_once_task_adopts_job_published_by_submit(post_trade):
    adopted = {task.task_id: task.adopt for task in post_trade.tasks if isinstance(task, BatchJobOperator)}

    assert {key: (reference.task_id, reference.key) for key, reference in adopted.items()} == {
        key: ("submit", key) for key in ("clean", "process", "model", "store")
    }


def test_at_once_submit_is_upstream_of_sequential_array_job():
    sequential = Job(array_size=2, depends_on=[{"type": "SEQUENTIAL"}])

    dag = build_dag(workflow(jobs={"a": sequential}))

    assert edges(dag) == {("submit", "a")}


@pytest.mark.parametrize(("submission", "task_id"), [("at_once", "a"), ("per_job", "a.wait")])
def test_task_keeps_sequential_dependency_for_resubmission(submission, task_id):
    jobs = {"p": Job(), "a": Job(array_size=2, depends_on=["p", {"type": "SEQUENTIAL"}])}

    task = build_dag(workflow(jobs=jobs, submission=submission)).get_task(task_id)

    assert task.depends_on == [{"type": "SEQUENTIAL"}]


@pytest.mark.parametrize(("submission", "task_id"), [("at_once", "a"), ("per_job", "a.wait")])
def test_job_settings_set_end_policy_of_task(submission, task_id):
    a = Job(exit_codes={3: "skip"}, log_lines=7, failed_children_logs=1, array_retry="failed")

    task = build_dag(workflow(jobs={"a": a}, submission=submission)).get_task(task_id)

    assert task.end_policy.actions.action_for([3]) == "skip"
    assert (task.end_policy.log_lines, task.end_policy.children_shown, task.array_retry) == (7, 1, "failed")


@pytest.mark.parametrize(("submission", "task_id"), [("at_once", "a"), ("per_job", "a.wait")])
def test_job_settings_set_runnable_timeout_of_task(submission, task_id):
    a = Job(runnable_timeout="2h", fail_when_misconfigured=False)

    task = build_dag(workflow(jobs={"a": a}, submission=submission)).get_task(task_id)

    assert (task.runnable_timeout, task.fail_when_misconfigured) == (timedelta(hours=2), False)


def test_per_job_has_submit_and_wait_task_for_each_job(a_to_f):
    assert set(a_to_f.task_group.children) == set("ABCDEF")
    assert {task.task_id: type(task) for task in a_to_f.tasks} == {
        f"{job}.{task}": kind
        for job in "ABCDEF"
        for task, kind in (("submit", BatchSubmitJobOperator), ("wait", BatchJobOperator))
    }


def test_per_job_task_groups_have_dependencies_of_spec(a_to_f):
    group_edges = {
        (upstream.partition(".")[0], downstream.partition(".")[0])
        for upstream, downstream in edges(a_to_f)
        if upstream.partition(".")[0] != downstream.partition(".")[0]
    }

    assert group_edges == {("A", "B"), ("A", "C"), ("A", "D"), ("B", "D"), ("C", "E"), ("D", "F"), ("E", "F")}


def test_per_job_connects_submit_tasks_and_wait_tasks(a_to_f):
    assert {edge for edge in edges(a_to_f) if edge[1].startswith("D.")} == {
        ("A.submit", "D.submit"),
        ("B.submit", "D.submit"),
        ("D.submit", "D.wait"),
        ("A.wait", "D.wait"),
        ("B.wait", "D.wait"),
    }


def test_per_job_submit_keeps_dependency_types():
    jobs = {
        "a": Job(array_size=2),
        "b": Job(array_size=2, depends_on=[{"job": "a", "type": "N_TO_N"}, {"type": "SEQUENTIAL"}]),
    }

    submit = build_dag(workflow(jobs=jobs, submission="per_job")).get_task("b.submit")

    assert [entry["type"] for entry in submit.depends_on] == ["N_TO_N", "SEQUENTIAL"]
    assert submit.depends_on[0]["job_id"].operator.task_id == "a.submit"


def test_cron_schedule_has_data_intervals(post_trade):
    assert post_trade.timetable == CronDataIntervalTimetable("0 6 1 * *", timezone="UTC")


@pytest.mark.parametrize("schedule", ["@once", "@continuous", None])
def test_non_cron_schedule_is_passed_to_airflow_unchanged(schedule):
    settings = {"schedule": schedule, "start_date": "2006-01-01", "max_active_runs": 1}

    dag = build_dag(workflow(airflow=settings))

    assert dag.schedule == schedule
    assert not isinstance(dag.timetable, CronDataIntervalTimetable)


@pytest.mark.parametrize("schedule", [timedelta(hours=1), {"every": "1h"}])
def test_interval_schedule_has_data_intervals(schedule):
    dag = build_dag(workflow(airflow={"schedule": schedule, "start_date": "2006-01-01"}))

    assert dag.timetable == DeltaDataIntervalTimetable(timedelta(hours=1))


def test_preset_schedule_has_data_intervals():
    dag = build_dag(workflow(airflow={"schedule": "@monthly", "start_date": "2006-01-01"}))

    assert isinstance(dag.timetable, CronDataIntervalTimetable)


def test_airflow_settings_become_dag_arguments(post_trade):
    assert post_trade.dag_id == "post_trade"
    assert post_trade.description == "Clean, process and model a month's prices; store the insights."
    assert post_trade.start_date == pendulum.datetime(2006, 1, 1, tz="UTC")
    assert post_trade.end_date == pendulum.datetime(2010, 3, 31, tz="UTC")
    assert post_trade.max_active_runs == 4
    assert post_trade.tags == {"trading", "example"}
    assert post_trade.params["bucket"] == "post-trade"
    assert post_trade.catchup is False


def test_dagrun_timeout_is_parsed_as_duration():
    assert build_dag(workflow(airflow={"dagrun_timeout": "2h"})).dagrun_timeout == timedelta(hours=2)


def test_build_dag_arguments_override_spec():
    dag = build_dag(workflow(airflow={"tags": ["spec"]}), tags=["own"], description="own")

    assert (dag.tags, dag.description) == ({"own"}, "own")


def test_every_task_uses_connection_of_spec():
    for submission_mode in ("at_once", "per_job"):
        dag = build_dag(
            workflow(
                submission=submission_mode, connection={"aws_conn_id": None, "region_name": "eu-north-1"}
            )
        )

        assert {(task.connection.aws_conn_id, task.connection.region_name) for task in dag.tasks} == {
            (None, "eu-north-1")
        }


@pytest.mark.parametrize("submission_mode", ["at_once", "per_job"])
def test_default_args_apply_to_every_task(submission_mode):
    default_args = {"aws_conn_id": "other", "retries": 2, "poll_interval_seconds": 3, "deferrable": False}

    dag = build_dag(workflow(submission=submission_mode, airflow={"default_args": default_args}))

    waits = [task for task in dag.tasks if isinstance(task, BatchJobOperator)]
    assert {task.connection.aws_conn_id for task in dag.tasks} == {"other"}
    assert {task.retries for task in dag.tasks} == {2}
    assert {(task.poll_interval_seconds, task.deferrable) for task in waits} == {(3, False)}


@pytest.mark.parametrize("submission_mode", ["at_once", "per_job"])
def test_connection_of_spec_overrides_default_args(submission_mode):
    dag = build_dag(
        workflow(
            submission=submission_mode,
            connection={"aws_conn_id": "spec"},
            airflow={"default_args": {"aws_conn_id": "other"}},
        )
    )

    assert {task.connection.aws_conn_id for task in dag.tasks} == {"spec"}


@pytest.mark.parametrize("name", ["post_trade", "a_to_f"])
def test_dag_survives_airflow_serialization(name):
    dag = build_dag(DAGS / f"{name}.yaml")

    read = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))

    assert read.dag_id == name
    assert edges(read) == edges(dag)


def test_adopted_reference_is_serialized(post_trade):
    read = DagSerialization.from_dict(DagSerialization.to_dict(post_trade))

    assert read.get_task("clean").adopt == {"task_id": "submit", "key": "clean"}


def test_serialized_dag_is_deterministic():
    first, second = (DagSerialization.to_dict(build_dag(DAGS / "post_trade.yaml")) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("build", [build_dag, build_task_group])
def test_invalid_workflow_object_raises_all_errors(build):
    invalid = workflow(jobs={"a": Job(depends_on=["b", "x"]), "b": Job(depends_on=["a"])})

    with DAG("d", schedule=None), pytest.raises(SpecError) as raised:
        build(invalid)

    assert "E301 job 'a' depends on 'x'" in str(raised.value)
    assert "E302 circular dependency" in str(raised.value)


def test_invalid_spec_file_raises_error(tmp_path):
    spec = tmp_path / "bad.yaml"
    spec.write_text("workflow: w\njobs: {}\n")

    with pytest.raises(InvalidSpecError, match=r"bad\.yaml:2:7: E201"):
        build_dag(spec)


def test_task_group_prefixes_task_ids_and_references():
    with DAG("d", schedule=None) as dag, TaskGroup("outer"):
        build_task_group(workflow(), group_id="inner")

    assert edges(dag) == {("outer.inner.submit", "outer.inner.a"), ("outer.inner.a", "outer.inner.b")}
    assert dag.get_task("outer.inner.a").adopt.task_id == "outer.inner.submit"
    assert dag.get_task("outer.inner.a").job_key == "outer.inner.a"


def test_task_group_is_named_after_workflow():
    with DAG("d", schedule=None):
        group = build_task_group(workflow(workflow="my.workflow", description="A description."))

    assert (group.group_id, group.tooltip) == ("my_workflow", "A description.")


def test_per_job_task_group_prefixes_job_keys():
    with DAG("d", schedule=None) as dag:
        build_task_group(workflow(submission="per_job"), group_id="g")

    assert {task.task_id: task.job_key for task in dag.tasks} == {
        "g.a.submit": "g.a",
        "g.a.wait": "g.a",
        "g.b.submit": "g.b",
        "g.b.wait": "g.b",
    }


def test_two_task_groups_of_same_workflow_are_independent():
    with DAG("d", schedule=None) as dag:
        build_task_group(workflow(), group_id="one") >> build_task_group(workflow(), group_id="two")

    assert ("one.b", "two.submit") in edges(dag)
    assert dag.get_task("two.a").adopt.task_id == "two.submit"


def nested():
    with TaskGroup("outer"), TaskGroup("inner"):
        build_task_group(workflow())


def without_prefix():
    with TaskGroup("outer", prefix_group_id=False):
        build_task_group(workflow())


def without_prefix_in_another():
    with TaskGroup("outer"), TaskGroup("inner", prefix_group_id=False):
        build_task_group(workflow())


def with_default_args():
    with TaskGroup("outer", default_args={"retries": 3, "job_queue": "other"}):
        build_task_group(workflow())


def mapped():
    @task_group
    def outer(part):
        build_task_group(workflow())

    outer.expand(part=["x", "y"])


@pytest.mark.parametrize(
    ("build", "prefix"),
    [
        (nested, "outer.inner.w."),
        (without_prefix, "w."),
        (without_prefix_in_another, "w."),
        (with_default_args, "outer.w."),
        (mapped, "outer.w."),
    ],
)
def test_task_group_publishes_its_jobs_in_every_kind_of_group(build, prefix):
    with DAG("d", schedule=None) as dag:
        build()

    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))

    assert stored.task_ids == [f"{prefix}{key}" for key in ("submit", "a", "b")]
    for key in ("a", "b"):
        task = dag.get_task(prefix + key)
        assert (task.adopt, task.job_key) == (PublishedJob(f"{prefix}submit", key), prefix + key)
        assert task.job_queue == "etl"  # the spec's, not that of default_args


@pytest.mark.parametrize("is_nested", [False, True])
def test_groups_of_the_same_workflow_get_ids_of_their_own(is_nested):
    with DAG("d", schedule=None) as dag, TaskGroup("outer") if is_nested else nullcontext():
        groups = [build_task_group(workflow()) for _ in range(3)]

    prefix = "outer." if is_nested else ""
    assert [group.group_id for group in groups] == [f"{prefix}{name}" for name in ("w", "w__1", "w__2")]
    assert dag.get_task(f"{prefix}w__2.a").adopt.task_id == f"{prefix}w__2.submit"


def test_group_id_that_the_author_uses_twice_is_an_error():
    with DAG("d", schedule=None):
        build_task_group(workflow(), group_id="one")

        with pytest.raises(AirflowException, match="'one' has already been added"):
            build_task_group(workflow(), group_id="one")


def test_a_dag_of_the_same_workflow_may_have_another_id():
    assert build_dag(workflow(), dag_id="other").dag_id == "other"


def test_task_group_connects_to_upstream_and_downstream_tasks():
    with DAG("d", schedule=None) as dag:
        group = build_task_group(workflow(submission="per_job"), group_id="g")
        before = BatchJobOperator(task_id="before", adopt="id")
        after = BatchJobOperator(task_id="after", adopt="id")
        before >> group >> after

    assert {upstream for upstream, downstream in edges(dag) if downstream == "after"} == {"g.b.wait"}
    assert {downstream for upstream, downstream in edges(dag) if upstream == "before"} == {"g.a.submit"}
