"""``BatchSubmitWorkflowOperator``: submit all jobs of a workflow and publish their ids."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk import DAG, TaskGroup

from airflow_batch_provider.following.identity import JobIdentity
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


def test_every_job_says_which_task_follows_it(execute, api):
    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert [request["tags"]["airflow_task_id"] for request in api.submitted] == ["a", "b", "c", "d"]
    assert all(request["tags"]["airflow_job"] == request["jobName"] for request in api.submitted)


@pytest.mark.parametrize(("spec_digest", "named"), [(None, {None}), ("of a spec", {"production"})])
def test_only_jobs_that_end_with_their_run_name_the_environment(
    execute, api, monkeypatch, spec_digest, named
):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__ENVIRONMENT", "production")
    with DAG("w"):
        task = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN, spec_digest=spec_digest)

    execute(task)

    assert {request["tags"].get("airflow_environment") for request in api.submitted} == named


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
    assert (
        "JobDefinition name bad does not exist or is not in ACTIVE status (ClientException)"
        in (ti.pushed["b"]["refusal"])
    )
    assert ti.pushed["d"] == {"refusal": "it depends on job 'b', which was not submitted"}


def test_job_names_tell_which_tasks_follow_the_jobs(execute, api):
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


def test_a_submission_that_cannot_go_on_is_continued_by_the_retry(execute, api, ti):
    ti.max_tries = 1
    api.errors["submit_job"] = [None, None] + [throttled()] * 10
    operator = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN, retries=1)

    with pytest.raises(AirflowException, match="did not accept job"):
        execute(operator)
    ti.retry()
    execute(operator)

    assert ti.pushed == {"a": "job-1", "b": "job-2", "c": "job-3", "d": "job-4"}
    assert api.terminated == {}


def test_the_last_try_publishes_what_it_has(execute, api, ti):
    api.errors["submit_job"] = [None, None] + [throttled()] * 10

    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert (ti.pushed["a"], ti.pushed["b"]) == ("job-1", "job-2")
    assert "did not accept job" in ti.pushed["c"]["refusal"]
    assert "was not asked" in ti.pushed["d"]["refusal"]
    assert api.terminated == {}


def test_without_any_job_the_last_try_fails_too(execute, api, ti):
    api.errors["submit_job"] = [throttled()] * 10

    with pytest.raises(AirflowException, match="did not accept job"):
        execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert ti.pushed == {}


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


def test_the_first_try_of_new_work_looks_for_no_jobs(execute, api):
    execute(BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN))

    assert api.listed == []


@pytest.fixture
def submitted(execute, api, ti):
    """A workflow that is submitted already; its operator, to be executed again."""
    ti.max_tries = 1
    operator = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN, retries=1)
    execute(operator)
    ti.pushed.clear()
    api.submitted.clear()
    return operator


def test_a_retry_adopts_what_is_there_and_goes_on(execute, api, ti, submitted):
    del api.jobs["job-4"]
    api.put("job-1", "SUCCEEDED")
    ti.retry()

    execute(submitted)

    assert ti.pushed == {"a": "job-1", "b": "job-2", "c": "job-3", "d": "job-4"}
    assert len(api.submitted) == 1
    assert api.terminated == {}


def test_a_retry_lists_the_runs_jobs_once_a_queue(execute, api, ti, submitted):
    ti.retry()

    execute(submitted)

    assert [request["jobQueue"] for request in api.listed] == ["q"]


def test_a_clear_with_downstream_terminates_what_runs_and_submits_all_anew(execute, api, ti, submitted):
    api.put("job-1", "SUCCEEDED")
    ti.clear(retries=1)

    execute(submitted)

    assert ti.pushed == {"a": "job-5", "b": "job-6", "c": "job-7", "d": "job-8"}
    assert sorted(api.terminated) == ["job-2", "job-3", "job-4"]


def test_a_clear_alone_submits_nothing(execute, api, ti, submitted):
    api.put("job-1", "SUCCEEDED")
    ti.states = {"a": "success", "b": "deferred", "c": "running", "d": "deferred"}
    ti.clear(retries=1)

    execute(submitted)

    kept = {"a": "job-1", "b": "job-2", "c": "job-3", "d": "job-4"}
    assert ti.pushed == {**kept, **{f"followed.{key}": job_id for key, job_id in kept.items()}}
    assert (api.submitted, api.terminated) == ([], {})


def test_a_cleared_workflow_does_not_touch_the_jobs_of_another_run(execute, api, ti, submitted):
    ti.run_id = "manual__2006-01-02"
    ti.clear(retries=1)

    execute(submitted)

    assert api.terminated == {}


def test_a_job_that_is_followed_in_a_task_group_is_found_there(execute, api, ti):
    ti.states = {"outer.a": "deferred", "outer.b": "deferred", "outer.c": "deferred", "outer.d": "deferred"}
    with DAG("d", schedule=None), TaskGroup("outer"):
        operator = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN)
    execute(operator)
    ti.clear()

    execute(operator)

    assert len(api.submitted) == 4


def test_a_task_killed_while_it_submits_sends_no_more_and_terminates_what_it_started(execute, api):
    operator = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN)
    submit_job = api.submit_job

    def killed_at_the_second(**request):
        if len(api.submitted) == 1:
            operator.on_kill()
        return submit_job(**request)

    api.submit_job = killed_at_the_second

    with pytest.raises(AirflowException, match="was killed while submitting its workflow"):
        execute(operator)

    assert len(api.submitted) == 2
    assert list(api.terminated) == ["job-1", "job-2"]


def test_a_task_killed_while_it_publishes_terminates_what_it_started(execute, api, ti):
    operator = BatchSubmitWorkflowOperator(task_id="submit", plan=PLAN)

    def push_and_be_killed(key, value):
        ti.pushed[key] = value
        operator.on_kill()

    ti.xcom_push = push_and_be_killed

    with pytest.raises(AirflowException, match="was killed while submitting its workflow"):
        execute(operator)

    assert list(ti.pushed) == ["a"]
    assert list(api.terminated) == ["job-1", "job-2", "job-3", "job-4"]
