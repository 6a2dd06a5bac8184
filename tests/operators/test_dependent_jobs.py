"""What becomes of the jobs that depend on a task's job in AWS Batch when the task fails or is skipped."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowSkipException

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.operators import dependent_jobs
from airflow_batch_provider.operators.batch import BatchJobOperator
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi

RUN = "scheduled__2006-01-01"
SKIPPED = "This job's task is skipped in Airflow, because task 'align' was skipped"


class Workflow:
    """The task ``align``, whose array fails in part, and the jobs that depend on it."""

    def __init__(self, monkeypatch):
        self.api = FakeBatchApi()
        self.ti = FakeTaskInstance()
        self.ti.states = {"align": "running", "call": None, "merge": None, "other": "deferred"}
        self.published = {}
        monkeypatch.setattr(dependent_jobs, "publish_for", self.publish)
        counts = {"SUCCEEDED": 4, "FAILED": 2}
        self.put("align", "FAILED", arrayProperties={"size": 6, "statusSummary": counts})
        for index in (4, 5):
            self.api.put(
                f"align:{index}",
                "FAILED",
                statusReason="Essential container in task exited",
                container={"exitCode": 3},
                attempts=[{}],
            )

    def put(self, key, status, depends_on=(), **members):
        self.api.put(
            key,
            status,
            jobName=JobIdentity("post_trade", RUN, key).job_name,
            jobQueue=members.pop("queue", QUEUE_ARN),
            dependsOn=[{"jobId": job_id} for job_id in depends_on],
            tags=members.pop("tags", {"airflow_task_id": key}),
            **members,
        )

    def publish(self, task_id, map_index, context, xcoms):
        self.published[task_id] = xcoms

    def end(self, *, has_dependent_jobs=True, **arguments):
        operator = BatchJobOperator(task_id="align", adopt="align", job_queue=QUEUE_ARN, **arguments)
        operator.has_dependent_jobs = has_dependent_jobs
        operator.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        job = JobDescription.from_aws(self.api.jobs["align"])
        return operator.resume({"ti": self.ti}, {"jobs": [job.to_json()]})


@pytest.fixture
def workflow(monkeypatch):
    return Workflow(monkeypatch)


def test_a_skip_terminates_the_live_jobs_that_depend_on_the_skipped_one(workflow):
    workflow.put("call", "PENDING", ["align"], arrayProperties={"size": 6, "statusSummary": {"RUNNING": 4}})
    workflow.put("merge", "PENDING", ["call"])
    workflow.put("apart", "RUNNING")

    with pytest.raises(AirflowSkipException):
        workflow.end(exit_codes={3: "skip"})

    assert workflow.api.terminated == {"call": SKIPPED, "merge": SKIPPED}


def test_a_skip_terminates_jobs_in_other_queues(workflow):
    workflow.put("call", "RUNNING", ["align"], queue="gpu")

    with pytest.raises(AirflowSkipException):
        workflow.end(exit_codes={3: "skip"}, dependent_queues=["gpu"])

    assert set(workflow.api.terminated) == {"call"}


def test_a_skip_leaves_a_job_that_a_task_follows(workflow):
    workflow.put("other", "RUNNING", ["align"])

    with pytest.raises(AirflowSkipException):
        workflow.end(exit_codes={3: "skip"})

    assert workflow.api.terminated == {}


def test_a_skip_finds_the_follower_of_the_other_submission_mode(workflow):
    workflow.ti.states = {"call.submit": "success", "call.wait": None}
    workflow.put("call", "RUNNING", ["align"])

    with pytest.raises(AirflowSkipException):
        workflow.end(exit_codes={3: "skip"})

    assert set(workflow.api.terminated) == {"call"}


def test_a_skip_terminates_jobs_without_tags(workflow):
    workflow.put("call", "RUNNING", ["align"], tags={})

    with pytest.raises(AirflowSkipException):
        workflow.end(exit_codes={3: "skip"})

    assert set(workflow.api.terminated) == {"call"}


def test_a_failed_termination_does_not_turn_the_skip_into_a_failure(workflow, monkeypatch):
    workflow.put("call", "RUNNING", ["align"])
    monkeypatch.setattr(workflow.api, "terminate_job", lambda **_: 1 / 0)

    with pytest.raises(AirflowSkipException):
        workflow.end(exit_codes={3: "skip"})


def test_a_failure_tells_how_far_a_paired_array_is(workflow, capsys):
    counts = {"SUCCEEDED": 3, "RUNNING": 1}
    workflow.put("call", "PENDING", ["align"], arrayProperties={"size": 6, "statusSummary": counts})
    workflow.put("merge", "PENDING", ["call"])

    with pytest.raises(AirflowException):
        workflow.end()

    log = capsys.readouterr().out
    assert "Task 'call' does not run because this task failed, but its job has run in part. Job call '" in log
    assert "array: 3 of 6 succeeded, 1 running. It keeps running until the DAG run ends" in log
    assert workflow.api.terminated == {}
    assert workflow.published.keys() == {"call"}
    assert workflow.published["call"]["job_id"] == "call"
    assert "array" not in workflow.published["call"]
    assert any(key.startswith("_link_") for key in workflow.published["call"])


def test_a_failure_publishes_the_result_of_a_paired_array_that_has_ended(workflow):
    counts = {"SUCCEEDED": 4, "FAILED": 2}
    workflow.put("call", "FAILED", ["align"], arrayProperties={"size": 6, "statusSummary": counts})
    for index in (4, 5):
        workflow.api.put(f"call:{index}", "FAILED", statusReason="Dependent Job failed")

    with pytest.raises(AirflowException):
        workflow.end()

    assert workflow.published["call"]["array"]["succeeded"] == 4
    assert workflow.published["call"]["array"]["failed_indices"] == "4-5"


def test_a_failure_that_is_retried_says_nothing(workflow):
    workflow.ti.max_tries = 1
    workflow.put("call", "PENDING", ["align"], arrayProperties={"size": 6, "statusSummary": {"RUNNING": 4}})

    with pytest.raises(AirflowException):
        workflow.end(retries=1)

    assert workflow.published == {}


def test_a_job_that_has_not_run_is_not_told(workflow, capsys):
    workflow.put("call", "FAILED", ["align"], statusReason="Dependent Job failed")

    with pytest.raises(AirflowException):
        workflow.end()

    assert workflow.published == {}
    assert "does not run because" not in capsys.readouterr().out


def test_a_failure_of_a_job_on_which_no_other_depends_looks_for_no_jobs(workflow):
    with pytest.raises(AirflowException):
        workflow.end(has_dependent_jobs=False)

    assert not [call for call in workflow.api.listed if "arrayJobId" not in call]
