"""``BatchSubmitWorkflowOperator``: submit all jobs of a workflow and publish their ids."""

import pytest
from airflow.sdk import DAG, TaskGroup
from airflow.sdk.exceptions import AirflowException

from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.operators.batch import BatchSubmitWorkflowOperator
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.models import Job, JobSettings, Workflow
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, refused, throttled

PLAN = plan_workflow(
    Workflow(
        workflow="w",
        defaults=JobSettings(job_queue="q", job_definition="d", command=["{{ ds }}"]),
        jobs={
            "a": Job(),
            "b": Job(job_definition="bad"),
            "c": Job(depends_on=["a"]),
            "d": Job(depends_on=["b"]),
        },
    )
)


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def ti():
    return FakeTaskInstance("submit")


@pytest.fixture
def execute(api, ti):
    def run(operator, **context):
        operator.__dict__["hook"] = hook_over(api, FakeLogsApi())
        operator.render_template_fields({"ti": ti, "ds": "2006-01-01"})
        return operator.execute({"ti": ti})

    return run


def test_every_job_id_is_published_under_its_job_key(execute, ti):
    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert ti.pushed == {"a": "job-1", "b": "job-2", "c": "job-3", "d": "job-4"}


def test_requests_are_rendered_and_linked(execute, api):
    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert {tuple(request["containerOverrides"]["command"]) for request in api.submitted} == {("2006-01-01",)}
    assert [request.get("dependsOn") for request in api.submitted] == [
        None,
        None,
        [{"jobId": "job-1"}],
        [{"jobId": "job-2"}],
    ]


def test_a_refusal_is_published_for_its_job_and_for_those_that_need_it(execute, api, ti):
    api.refusals["bad"] = refused("JobDefinition name bad does not exist or is not in ACTIVE status")

    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert (ti.pushed["a"], ti.pushed["c"]) == ("job-1", "job-2")
    assert ti.pushed["b"]["refusal"].endswith(
        "JobDefinition name bad does not exist or is not in ACTIVE status (ClientException)"
    )
    assert ti.pushed["d"] == {"refusal": "job 'b', which it depends on, was not accepted"}


def test_job_names_are_those_that_the_jobs_own_tasks_would_give(execute, api):
    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert [request["jobName"] for request in api.submitted] == [
        JobIdentity("post_trade", "scheduled__2006-01-01", key).job_name for key in "abcd"
    ]


def test_job_names_in_a_task_group_carry_the_groups_id(execute, api):
    with DAG("d", schedule=None), TaskGroup("outer"), TaskGroup("inner"):
        operator = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN)

    execute(operator)

    expected = JobIdentity("post_trade", "scheduled__2006-01-01", "outer.inner.a")
    assert api.submitted[0]["jobName"] == expected.job_name


def test_a_submission_that_cannot_go_on_terminates_what_it_started(execute, api):
    api.errors["submit_job"] = [None, None] + [throttled()] * 10

    with pytest.raises(AirflowException, match="throttled SubmitJob"):
        execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert list(api.terminated) == ["job-1", "job-2"]


def test_a_job_id_that_cannot_be_published_terminates_what_was_started(execute, api, ti):
    def push_once(key, value):
        if ti.pushed:
            raise RuntimeError("the API server is gone")
        ti.pushed[key] = value

    ti.xcom_push = push_once

    with pytest.raises(RuntimeError, match="gone") as raised:
        execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert raised.value.__traceback__ is not None  # held: the frames are alive, nothing was garbage-collected
    assert list(api.terminated) == ["job-1", "job-2", "job-3", "job-4"]
