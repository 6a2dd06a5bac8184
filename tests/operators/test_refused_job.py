"""A job that AWS Batch refused when another task submitted it: its own task asks AWS Batch, in each try."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.batch.api_errors import HANDLING
from airflow_batch_provider.batch.error_kinds import ErrorKind
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.batch import BatchJobOperator
from tests.airflow_fakes import FakeStateStore, FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, aws_error, refused, server_error, throttled

RETRIES = 2
REFUSAL = {"refusal": "AWS Batch rejected job 'w-align': JobQueue q not found (ClientException)"}

ANSWERS = {
    ErrorKind.THROTTLING: throttled(),
    ErrorKind.SERVER: server_error(),
    ErrorKind.CREDENTIALS: aws_error("SubmitJob", 403, "ExpiredTokenException", "The token is expired"),
    ErrorKind.PERMISSION: aws_error("SubmitJob", 403, "AccessDeniedException", "User: x is not authorized"),
    ErrorKind.MISSING: refused("JobQueue q not found."),
    ErrorKind.DISABLED: refused("JobQueue q is DISABLED and accepts no jobs."),
    ErrorKind.LIMIT: refused("Job cannot have more than 20 dependencies"),
    ErrorKind.QUOTA: refused("JobQueue q already has 500 active share identifiers, the maximum."),
    ErrorKind.INVALID: refused("Job name should match valid pattern"),
}


class RefusedTask:
    """The task of a job with a published refusal; each try in a process of its own."""

    def __init__(self, published=REFUSAL, *, has_store=True, **arguments):
        self.api = FakeBatchApi()
        self.ti = FakeTaskInstance(published={("submit", "align"): published})
        self.ti.max_tries = RETRIES
        self.context = {"ti": self.ti}
        if has_store:
            self.context["task_state_store"] = FakeStateStore()
        self.arguments = {"job_queue": "q", "job_definition": "d", **arguments}

    def operator(self):
        with DAG("d", schedule=None):
            made = BatchJobOperator(
                task_id="align", retries=RETRIES, adopt=PublishedJob("submit", "align"), **self.arguments
            )
        made.render_template_fields(self.context)
        made.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        return made

    def execute(self):
        """Return the job for which the task is deferred."""
        with pytest.raises(TaskDeferred) as raised:
            self.operator().execute(self.context)
        (job_id,) = raised.value.trigger.job_ids
        return job_id

    def fail(self):
        """Run a try that AWS Batch refuses; return the error."""
        with pytest.raises(AirflowException) as raised:
            self.operator().execute(self.context)
        return raised.value

    def refuse(self, error):
        self.api.errors["submit_job"] = [error] * 99

    def accept(self):
        self.api.errors.clear()

    @property
    def live(self):
        return [
            job_id
            for job_id, job in self.api.jobs.items()
            if job["status"] not in ("SUCCEEDED", "FAILED") and not job.get("isTerminated")
        ]


@pytest.fixture(params=[True, False], ids=["with a task state store", "without"])
def task(request):
    return RefusedTask(has_store=request.param)


def test_the_first_try_asks_aws_batch_itself(task):
    job_id = task.execute()

    assert job_id == "job-1"
    assert task.ti.pushed["job_id"] == "job-1"
    assert "dependsOn" not in task.api.submitted[0]


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_new_refusal_is_raised_as_the_table_says(task, kind):
    task.refuse(ANSWERS[kind])

    error = task.fail()

    handling = HANDLING[kind]
    assert isinstance(error, AirflowFailException) is not handling.retries_task
    assert ANSWERS[kind].response["Error"]["Message"].rstrip(".") in str(error)
    assert handling.remedy in str(error)
    assert ("No retry: " in str(error)) is not handling.retries_task


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_retry_and_a_clear_ask_again(task, kind):
    task.refuse(ANSWERS[kind])
    task.fail()
    task.ti.retry()
    task.fail()
    task.ti.clear(RETRIES)
    task.fail()
    task.accept()
    task.ti.clear(RETRIES)

    job_id = task.execute()

    assert task.live == [job_id]


def test_a_retry_follows_the_job_that_the_first_try_submitted(task):
    job_id = task.execute()
    task.ti.retry()

    assert task.execute() == job_id
    assert len(task.api.submitted) == 1


def test_a_retry_after_the_jobs_failure_submits_it_again(task):
    job_id = task.execute()
    task.api.put(job_id, "FAILED", statusReason="Essential container in task exited")
    task.ti.retry()

    assert task.execute() == "job-2"
    assert task.live == ["job-2"]


def test_a_clear_replaces_the_job_that_the_task_submitted(task):
    first = task.execute()
    task.ti.clear(RETRIES)

    second = task.execute()

    assert task.live == [second]
    assert list(task.api.terminated) == [first]


def test_a_job_whose_lost_response_was_taken_for_a_refusal_is_terminated_first(task):
    name = JobIdentity(task.ti.dag_id, task.ti.run_id, "align", epoch=0).job_name
    task.api.put("lost", "RUNNING", jobName=name, jobQueue="arn:aws:batch:eu-west-1:1:job-queue/q")

    job_id = task.execute()

    assert task.live == [job_id]


def test_a_published_job_takes_over_when_the_submitting_task_was_cleared_too():
    task = RefusedTask()
    task.refuse(ANSWERS[ErrorKind.MISSING])
    task.fail()
    task.accept()
    task.ti.clear(RETRIES)
    task.ti._published[("submit", "align")] = "root"
    task.api.put("root", "RUNNING")

    assert task.execute() == "root"
    assert len(task.api.submitted) == 1  # the first try's


def test_a_request_that_was_invalid_is_submitted_after_an_edit():
    task = RefusedTask({"refusal": "job 'align': array_size is 'x'"}, array_properties={"size": "x"})
    refusal = task.fail()
    task.arguments["array_properties"] = {"size": 3}
    task.ti.clear(RETRIES)

    task.execute()

    assert "No retry: the same request would be invalid again" in str(refusal)
    assert task.api.submitted[0]["arrayProperties"] == {"size": 3}


def test_a_paired_array_is_submitted_whole_and_without_its_pair():
    task = RefusedTask(
        {"refusal": "it depends on job 'first', which was not submitted"}, array_properties={"size": 3}
    )

    task.execute()

    assert task.api.submitted[0]["arrayProperties"] == {"size": 3}
    assert "dependsOn" not in task.api.submitted[0]
