"""From plans to Airflow's tasks."""

import json
from datetime import timedelta
from pathlib import Path

import pendulum
import pytest
from airflow.sdk import DAG, TaskGroup

from airflow_batch_provider.dag.factory import build_dag, build_task_group
from airflow_batch_provider.dag.timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.operators.batch import (
    BatchJobOperator,
    BatchSubmitJobOperator,
    BatchSubmitWorkflowOperator,
)
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.models import Job, JobSettings, Workflow
from tests.airflow_versions import DagSerialization

DAGS = Path(__file__).parents[2] / "dags"
HOME = JobSettings(job_queue="etl", job_definition="step")


def edges(dag):
    return {(task.task_id, below) for task in dag.tasks for below in task.downstream_task_ids}


def workflow(**arguments):
    return Workflow(
        **{
            "workflow": "w",
            "defaults": HOME,
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


def test_at_once_has_one_task_a_job_behind_one_submit(post_trade):
    assert edges(post_trade) == {
        ("submit", "clean"),
        ("clean", "process"),
        ("process", "model"),
        ("model", "store"),
    }
    assert isinstance(post_trade.get_task("submit"), BatchSubmitWorkflowOperator)
    assert all(isinstance(post_trade.get_task(key), BatchJobOperator) for key in ("clean", "store"))


def test_at_once_submit_stands_only_before_jobs_that_depend_on_none():
    dag = build_dag(workflow(jobs={"a": Job(), "b": Job(), "c": Job(depends_on=["a", "b"])}))

    assert edges(dag) == {("submit", "a"), ("submit", "b"), ("a", "c"), ("b", "c")}


def test_at_once_each_job_adopts_what_submit_publishes_for_it(post_trade):
    adopted = {task.task_id: task.adopt for task in post_trade.tasks if isinstance(task, BatchJobOperator)}

    assert {key: (reference.task_id, reference.key) for key, reference in adopted.items()} == {
        key: ("submit", key) for key in ("clean", "process", "model", "store")
    }


def test_a_job_that_waits_only_for_its_own_children_follows_submit():
    sequential = Job(array_size=2, depends_on=[{"type": "SEQUENTIAL"}])

    dag = build_dag(workflow(jobs={"a": sequential}))

    assert edges(dag) == {("submit", "a")}


@pytest.mark.parametrize(("submission", "task_id"), [("at_once", "a"), ("per_job", "a.wait")])
def test_a_task_that_submits_its_job_anew_keeps_the_order_of_the_children(submission, task_id):
    jobs = {"p": Job(), "a": Job(array_size=2, depends_on=["p", {"type": "SEQUENTIAL"}])}

    task = build_dag(workflow(jobs=jobs, submission=submission)).get_task(task_id)

    assert task.depends_on == [{"type": "SEQUENTIAL"}]


@pytest.mark.parametrize(("submission", "task_id"), [("at_once", "a"), ("per_job", "a.wait")])
def test_what_the_end_of_a_job_means_is_known_to_the_task_that_follows_it(submission, task_id):
    a = Job(exit_codes={3: "skip"}, log_lines=7, failed_children_logs=1, array_retry="failed")

    task = build_dag(workflow(jobs={"a": a}, submission=submission)).get_task(task_id)

    assert task.end_policy.actions.action_for([3]) == "skip"
    assert (task.end_policy.log_lines, task.end_policy.children_shown, task.array_retry) == (7, 1, "failed")


@pytest.mark.parametrize(("submission", "task_id"), [("at_once", "a"), ("per_job", "a.wait")])
def test_how_long_a_job_may_be_without_a_place_is_known_to_the_task_that_follows_it(submission, task_id):
    a = Job(runnable_timeout="2h", fail_when_misconfigured=False)

    task = build_dag(workflow(jobs={"a": a}, submission=submission)).get_task(task_id)

    assert (task.runnable_timeout, task.fail_when_misconfigured) == (timedelta(hours=2), False)


def test_per_job_has_a_group_of_submit_and_wait_for_each_job(a_to_f):
    assert set(a_to_f.task_group.children) == set("ABCDEF")
    assert {task.task_id: type(task) for task in a_to_f.tasks} == {
        f"{job}.{task}": kind
        for job in "ABCDEF"
        for task, kind in (("submit", BatchSubmitJobOperator), ("wait", BatchJobOperator))
    }


def test_per_job_groups_have_the_authors_seven_edges(a_to_f):
    between = {
        (above.partition(".")[0], below.partition(".")[0])
        for above, below in edges(a_to_f)
        if above.partition(".")[0] != below.partition(".")[0]
    }

    assert between == {("A", "B"), ("A", "C"), ("A", "D"), ("B", "D"), ("C", "E"), ("D", "F"), ("E", "F")}


def test_per_job_ids_travel_from_submit_to_submit_and_waits_follow_waits(a_to_f):
    assert {(above, below) for above, below in edges(a_to_f) if below.startswith("D.")} == {
        ("A.submit", "D.submit"),
        ("B.submit", "D.submit"),
        ("D.submit", "D.wait"),
        ("A.wait", "D.wait"),
        ("B.wait", "D.wait"),
    }


def test_per_job_a_typed_dependency_carries_its_type():
    jobs = {
        "a": Job(array_size=2),
        "b": Job(array_size=2, depends_on=[{"job": "a", "type": "N_TO_N"}, {"type": "SEQUENTIAL"}]),
    }

    submit = build_dag(workflow(jobs=jobs, submission="per_job")).get_task("b.submit")

    assert [entry["type"] for entry in submit.depends_on] == ["N_TO_N", "SEQUENTIAL"]
    assert submit.depends_on[0]["job_id"].operator.task_id == "a.submit"


def test_a_schedule_gives_real_data_intervals(post_trade):
    assert post_trade.timetable == CronDataIntervalTimetable("0 6 1 * *", timezone="UTC")


@pytest.mark.parametrize("schedule", ["@once", "@continuous", None])
def test_schedules_without_a_cron_expression_stay_airflows_business(schedule):
    settings = {"schedule": schedule, "start_date": "2006-01-01", "max_active_runs": 1}

    dag = build_dag(workflow(airflow=settings))

    assert dag.schedule == schedule
    assert not isinstance(dag.timetable, CronDataIntervalTimetable)


@pytest.mark.parametrize("schedule", [timedelta(hours=1), {"every": "1h"}])
def test_a_distance_gives_real_data_intervals(schedule):
    dag = build_dag(workflow(airflow={"schedule": schedule, "start_date": "2006-01-01"}))

    assert dag.timetable == DeltaDataIntervalTimetable(timedelta(hours=1))


def test_a_preset_has_data_intervals_too():
    dag = build_dag(workflow(airflow={"schedule": "@monthly", "start_date": "2006-01-01"}))

    assert isinstance(dag.timetable, CronDataIntervalTimetable)


def test_airflow_settings_are_arguments_of_the_dag(post_trade):
    assert post_trade.dag_id == "post_trade"
    assert post_trade.description == "Clean, process and model a month's prices; store the insights."
    assert post_trade.start_date == pendulum.datetime(2006, 1, 1, tz="UTC")
    assert post_trade.end_date == pendulum.datetime(2010, 3, 31, tz="UTC")
    assert post_trade.max_active_runs == 4
    assert post_trade.tags == {"trading", "example"}
    assert post_trade.params["bucket"] == "post-trade"
    assert post_trade.catchup is False


def test_a_dagrun_timeout_is_a_duration():
    assert build_dag(workflow(airflow={"dagrun_timeout": "2h"})).dagrun_timeout == timedelta(hours=2)


def test_arguments_of_build_dag_beat_the_spec():
    dag = build_dag(workflow(airflow={"tags": ["spec"]}), tags=["own"], description="own")

    assert (dag.tags, dag.description) == ({"own"}, "own")


def test_the_connection_of_the_spec_reaches_every_task():
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
def test_default_args_reach_the_tasks(submission_mode):
    default_args = {"aws_conn_id": "other", "retries": 2, "poll_interval_seconds": 3, "deferrable": False}

    dag = build_dag(workflow(submission=submission_mode, airflow={"default_args": default_args}))

    waits = [task for task in dag.tasks if isinstance(task, BatchJobOperator)]
    assert {task.connection.aws_conn_id for task in dag.tasks} == {"other"}
    assert {task.retries for task in dag.tasks} == {2}
    assert {(task.poll_interval_seconds, task.deferrable) for task in waits} == {(3, False)}


@pytest.mark.parametrize("submission_mode", ["at_once", "per_job"])
def test_the_specs_connection_beats_default_args(submission_mode):
    dag = build_dag(
        workflow(
            submission=submission_mode,
            connection={"aws_conn_id": "spec"},
            airflow={"default_args": {"aws_conn_id": "other"}},
        )
    )

    assert {task.connection.aws_conn_id for task in dag.tasks} == {"spec"}


@pytest.mark.parametrize("name", ["post_trade", "a_to_f"])
def test_airflow_can_serialize_the_dag_and_read_it_back(name):
    dag = build_dag(DAGS / f"{name}.yaml")

    read = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))

    assert read.dag_id == name
    assert edges(read) == edges(dag)


def test_serialization_shows_which_id_a_task_adopts(post_trade):
    read = DagSerialization.from_dict(DagSerialization.to_dict(post_trade))

    assert read.get_task("clean").adopt == {"task_id": "submit", "key": "clean"}


def test_parsing_twice_gives_the_same_serialized_dag():
    once, twice = (DagSerialization.to_dict(build_dag(DAGS / "post_trade.yaml")) for _ in range(2))

    assert once == twice


@pytest.mark.parametrize("build", [build_dag, build_task_group])
def test_a_python_workflow_that_breaks_a_rule_is_refused_with_all_findings(build):
    bad = workflow(jobs={"a": Job(depends_on=["b", "x"]), "b": Job(depends_on=["a"])})

    with DAG("d", schedule=None), pytest.raises(SpecError) as raised:
        build(bad)

    assert "E301 job 'a' depends on 'x'" in str(raised.value)
    assert "E302 circular dependency" in str(raised.value)


def test_a_spec_file_that_breaks_a_rule_is_refused(tmp_path):
    spec = tmp_path / "bad.yaml"
    spec.write_text("workflow: w\njobs: {}\n")

    with pytest.raises(InvalidSpecError, match=r"bad\.yaml:2:7: E201"):
        build_dag(spec)


def test_a_task_group_prefixes_its_tasks_and_references():
    with DAG("d", schedule=None) as dag, TaskGroup("outer"):
        build_task_group(workflow(), group_id="inner")

    assert edges(dag) == {("outer.inner.submit", "outer.inner.a"), ("outer.inner.a", "outer.inner.b")}
    assert dag.get_task("outer.inner.a").adopt.task_id == "outer.inner.submit"
    assert dag.get_task("outer.inner.a").job_key == "outer.inner.a"


def test_a_task_group_is_called_like_its_workflow():
    with DAG("d", schedule=None):
        group = build_task_group(workflow(workflow="my.workflow", description="Says what."))

    assert (group.group_id, group.tooltip) == ("my_workflow", "Says what.")


def test_a_per_job_task_group_prefixes_its_job_keys():
    with DAG("d", schedule=None) as dag:
        build_task_group(workflow(submission="per_job"), group_id="g")

    assert {task.task_id: task.job_key for task in dag.tasks} == {
        "g.a.submit": "g.a",
        "g.a.wait": "g.a",
        "g.b.submit": "g.b",
        "g.b.wait": "g.b",
    }


def test_two_task_groups_of_a_workflow_do_not_disturb_each_other():
    with DAG("d", schedule=None) as dag:
        build_task_group(workflow(), group_id="one") >> build_task_group(workflow(), group_id="two")

    assert ("one.b", "two.submit") in edges(dag)
    assert dag.get_task("two.a").adopt.task_id == "two.submit"


def test_tasks_around_a_task_group_stand_before_and_behind_it():
    with DAG("d", schedule=None) as dag:
        group = build_task_group(workflow(submission="per_job"), group_id="g")
        before = BatchJobOperator(task_id="before", adopt="id")
        after = BatchJobOperator(task_id="after", adopt="id")
        before >> group >> after

    assert {above for above, below in edges(dag) if below == "after"} == {"g.b.wait"}
    assert {below for above, below in edges(dag) if above == "before"} == {"g.a.submit"}
