"""``BatchSubmitJobOperator`` on a retry, after a clear and when its task is killed."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import (
    BatchApplyResourcesOperator,
    BatchJobOperator,
    BatchSubmitJobOperator,
)
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi, server_error


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def ti():
    return FakeTaskInstance()


@pytest.fixture
def execute(api, ti):
    def run(operator):
        operator.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return operator.execute({"ti": ti})

    return run


def operator(**arguments):
    return BatchSubmitJobOperator(task_id="align", job_queue="q", job_definition="d", **arguments)


def test_the_first_try_of_new_work_looks_for_no_jobs(execute, api):
    execute(operator())

    assert api.listed == []


def followed(ti, **arguments):
    """A task that submits a job, and the one that follows it, of a DAG whose tasks are retried twice."""
    ti.max_tries = 2
    with DAG("d", schedule=None, default_args={"retries": 2}):
        task = operator(**arguments)
        BatchJobOperator(task_id="follow", adopt=task.output)
    return task


@pytest.mark.parametrize("label", [None, "prices of 2006"])
@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_a_retry_adopts_what_an_earlier_try_has_submitted(execute, api, ti, status, label):
    task = followed(ti, job_label=label)
    execute(task)
    api.put("job-1", status)
    ti.retry()

    assert execute(task) == "job-1"
    assert len(api.submitted) == 1


def test_a_retry_submits_anew_what_has_failed(execute, api, ti):
    task = followed(ti)
    execute(task)
    api.put("job-1", "FAILED")
    ti.retry()

    assert execute(task) == "job-2"


def test_a_clear_terminates_what_runs_and_submits_anew(execute, api, ti):
    task = followed(ti)
    execute(task)
    ti.clear(retries=2)

    assert execute(task) == "job-2"
    assert api.terminated == {"job-1": "Superseded: task 'align' submits this job again"}
    assert api.submitted[0]["jobName"] != api.submitted[1]["jobName"]


def test_of_two_live_jobs_the_newer_one_is_kept_and_the_reason_says_so(execute, api, ti):
    task = followed(ti)
    execute(task)
    (name,) = {request["jobName"] for request in api.submitted}
    api.put("job-0", "RUNNING", jobName=name, jobQueue="q", createdAt=1)
    ti.retry()

    assert execute(task) == "job-1"
    assert api.terminated == {"job-0": "Superseded: task 'align' keeps job job-1"}


def test_a_clear_keeps_the_job_that_a_task_is_watching(execute, api, ti):
    task = followed(ti)
    execute(task)
    ti.clear(retries=2)
    ti.states = {"follow": "deferred"}

    assert execute(task) == "job-1"
    assert api.terminated == {}


def expanded_by_the_job(task_ids):
    BatchJobOperator.partial(task_id="follow").expand(adopt=task_ids)


def expanded_by_something_else(task_ids):
    BatchJobOperator.partial(task_id="follow", adopt=task_ids).expand(pool=["a", "b"])


def expanded_by_keywords(task_ids):
    BatchJobOperator.partial(task_id="follow").expand_kwargs([{"adopt": task_ids}])


def expanded_by_keywords_of_another_task(task_ids):
    BatchJobOperator.partial(task_id="follow").expand_kwargs(task_ids.map(lambda job_id: {"adopt": job_id}))


@pytest.mark.parametrize(
    "follow",
    [
        expanded_by_the_job,
        expanded_by_something_else,
        expanded_by_keywords,
        expanded_by_keywords_of_another_task,
    ],
)
def test_a_cleared_mapped_task_keeps_the_job_that_the_task_of_its_index_is_watching(execute, ti, follow):
    ti.map_index = 3
    with DAG("d", schedule=None):
        task = operator()
        follow(task.output)
    execute(task)
    ti.clear()
    ti.states = {"follow_2": "success", "follow_3": "deferred"}

    assert execute(task) == "job-1"


def test_a_mapped_task_that_adopts_resources_follows_no_job(execute, api, ti):
    resources = {"job_queues": {"etl": {"priority": 1, "compute_environment_order": ["spot"]}}}
    ti.map_index = 3
    with DAG("d", schedule=None):
        task = operator()
        task >> BatchApplyResourcesOperator.partial(task_id="apply", adopt=True).expand(resources=[resources])
    execute(task)
    api.put("job-1", "SUCCEEDED")
    ti.clear()
    ti.states = {"apply_3": "running"}

    assert execute(task) == "job-2"


def test_a_clear_does_not_touch_the_jobs_of_other_tasks(execute, api, ti):
    execute(operator())
    with DAG("d", schedule=None):
        other = BatchSubmitJobOperator(task_id="align-2", job_queue="q", job_definition="d")
    ti.clear()

    assert execute(other) == "job-2"
    assert api.terminated == {}


def test_a_job_under_a_name_of_the_authors_own_is_neither_adopted_nor_terminated(execute, api, ti):
    api.put("of-another-run", "RUNNING", jobName="fixed", jobQueue=QUEUE_ARN)
    task = followed(ti, job_name="fixed")
    task.job_queue = "etl"
    ti.clear(retries=2)

    assert execute(task) == "job-2"
    assert api.terminated == {}


def test_a_job_of_another_run_is_not_taken_for_a_lost_answer(execute, api):
    api.put("of-another-run", "RUNNING", jobName="fixed", jobQueue=QUEUE_ARN)
    api.errors["submit_job"] = [server_error()]
    task = BatchSubmitJobOperator(task_id="align", job_name="fixed", job_queue="etl", job_definition="d")

    assert execute(task) == "job-2"


def test_a_task_killed_while_it_submits_terminates_what_it_made(execute, api):
    task = operator()
    submit_job = api.submit_job

    def killed_meanwhile(**request):
        task.on_kill()
        return submit_job(**request)

    api.submit_job = killed_meanwhile

    with pytest.raises(AirflowException, match="was killed while submitting job job-1"):
        execute(task)

    assert api.terminated == {
        "job-1": "Task 'align' no longer follows this job: its process was stopped while it submitted the job"
    }


def test_a_clear_of_the_submitting_task_alone_keeps_the_job_whose_follower_has_ended(execute, api, ti):
    task = followed(ti)
    execute(task)
    api.put("job-1", "SUCCEEDED")
    ti.states["follow"] = "success"
    ti.clear(retries=2)

    assert execute(task) == "job-1"
    assert len(api.submitted) == 1
