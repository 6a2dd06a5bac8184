"""What jobs take instead in the runs of a backfill."""

from types import SimpleNamespace

import pytest
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRunType

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.operators.batch import BatchSubmitJobOperator
from airflow_batch_provider.spec.models import Job, JobSettings, SubmissionMode, Workflow
from tests.airflow_fakes import FakeStateStore, FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

BACKFILL = {
    "job_queue": "low",
    "share_identifier": "{{ params.share }}",
    "scheduling_priority_override": 1,
    "attempts": 1,
    "environment": {"MODE": "backfill"},
    "max_active_runs": 2,
}
WORKFLOW = Workflow(
    workflow="w",
    defaults=JobSettings(job_queue="etl", job_definition="d", attempts=3, environment={"LEVEL": "info"}),
    jobs={"a": Job(), "b": Job(depends_on=["a"], trigger_rule="all_done"), "c": Job(depends_on=["b"])},
    backfill=BACKFILL,
)


def submitted(operator, run_type):
    """Run a task in a run of that type and return what it has submitted."""
    api = FakeBatchApi()
    context = {
        "ti": FakeTaskInstance(operator.task_id),
        "dag_run": SimpleNamespace(run_type=run_type),
        "params": {"share": "risk"},
        "task_state_store": FakeStateStore(),
    }
    operator.__dict__["hook"] = hook_over(api, FakeLogsApi())
    operator.render_template_fields(context)
    operator.pre_execute(context)
    try:
        operator.execute(context)
    except BaseException as raised:  # a task that waits defers
        if type(raised).__name__ != "TaskDeferred":
            raise
    return api.submitted


def of_job(request):
    return {
        "queue": request["jobQueue"],
        "share": request.get("shareIdentifier"),
        "priority": request.get("schedulingPriorityOverride"),
        "attempts": request["retryStrategy"]["attempts"],
        "environment": {v["name"]: v["value"] for v in request["containerOverrides"]["environment"]},
    }


OWN = {"queue": "etl", "share": None, "priority": None, "attempts": 3, "environment": {"LEVEL": "info"}}
INSTEAD = {
    "queue": "low",
    "share": "risk",
    "priority": 1,
    "attempts": 1,
    "environment": {"LEVEL": "info", "MODE": "backfill"},
}


@pytest.mark.parametrize(
    ("run_type", "expected"),
    [
        (DagRunType.BACKFILL, INSTEAD),
        (DagRunType.SCHEDULED, OWN),
        (DagRunType.MANUAL, OWN),
    ],
)
@pytest.mark.parametrize(("task", "jobs"), [("submit", 1), ("b", 2)])
def test_jobs_take_the_backfills_settings_in_its_runs_alone(task, jobs, run_type, expected):
    operator = build_dag(WORKFLOW).get_task(task)

    requests = submitted(operator, run_type)

    assert [of_job(request) for request in requests] == [expected] * jobs


@pytest.mark.parametrize("run_type", [DagRunType.BACKFILL, DagRunType.SCHEDULED])
def test_the_other_arrangement_does_the_same(run_type):
    dag = build_dag(WORKFLOW.model_copy(update={"submission": SubmissionMode.PER_JOB}))

    (request,) = submitted(dag.get_task("a.submit"), run_type)

    assert of_job(request) == (INSTEAD if run_type is DagRunType.BACKFILL else OWN)


def test_a_hand_written_task_says_it_in_awss_nesting():
    with DAG("d", schedule=None):
        task = BatchSubmitJobOperator(
            task_id="t",
            job_queue="etl",
            job_definition="d",
            container_overrides={"command": ["run"]},
            backfill={"job_queue": "low", "container_overrides": {"instance_type": "m5.large"}},
        )

    (request,) = submitted(task, "backfill")

    assert request["jobQueue"] == "low"
    assert request["containerOverrides"] == {"command": ["run"], "instanceType": "m5.large"}


def test_a_workflow_without_such_settings_gives_its_tasks_none():
    dag = build_dag(WORKFLOW.model_copy(update={"backfill": type(WORKFLOW.backfill)()}))

    assert {task.backfill for task in dag.tasks} == {None}


def test_the_end_of_a_run_looks_into_the_backfills_queue_too():
    (sweep,) = [each for each in build_dag(WORKFLOW).on_failure_callback if hasattr(each, "source")]

    assert sweep.source.job_queues == ("etl", "low")
