"""A task that follows a job for which nothing was published, or is about to be published again."""

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from airflow_batch_provider.triggers.task import TaskEndTrigger
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

RETRIES = 1


class Follower:
    """A task of a planned workflow whose job task ``submit`` publishes."""

    def __init__(self, published=None, **arguments) -> None:
        self.api = FakeBatchApi()
        self.published = {("submit", "align"): published} if published is not None else {}
        self.ti = FakeTaskInstance(published=self.published)
        self.ti.max_tries = RETRIES
        self.ti.states["submit"] = "success"
        self.arguments = {"job_queue": "q", "job_definition": "d", **arguments}
        self.is_planned = True

    def operator(self):
        with DAG("d", schedule=None):
            operator = BatchJobOperator(
                task_id="align", retries=RETRIES, adopt=PublishedJob("submit", "align"), **self.arguments
            )
        if self.is_planned:
            operator.close_upstream("")
        operator.render_template_fields({"ti": self.ti})
        operator.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        return operator

    def trigger(self):
        with pytest.raises(TaskDeferred) as deferred:
            self.operator().execute({"ti": self.ti})
        return deferred.value.trigger

    def followed(self) -> list[str]:
        trigger = self.trigger()
        assert isinstance(trigger, BatchJobTrigger)
        return trigger.job_ids


@pytest.mark.parametrize("state", ["success", "failed", "skipped", "removed"])
def test_a_task_submits_its_job_if_nothing_was_published(state):
    follower = Follower()
    follower.ti.states["submit"] = state

    assert follower.followed() == ["job-1"]
    assert len(follower.api.submitted) == 1


def test_a_task_submits_its_job_if_its_run_has_no_submitting_task():
    follower = Follower()
    del follower.ti.states["submit"]

    assert follower.followed() == ["job-1"]


def test_a_retry_follows_the_job_that_an_earlier_try_submitted():
    follower = Follower()

    first = follower.followed()
    follower.ti.retry()

    assert follower.followed() == first
    assert len(follower.api.submitted) == 1


def test_a_live_job_of_the_task_is_terminated_first():
    follower, ti = Follower(), FakeTaskInstance()
    earlier = JobIdentity(ti.dag_id, ti.run_id, "align", epoch=RETRIES, submitted_by=SubmittedBy.SUBMIT)
    follower.api.put("earlier", "RUNNING", jobName=earlier.job_name, jobQueue="q")

    assert follower.followed() != ["earlier"]
    assert set(follower.api.terminated) == {"earlier"}


def test_a_task_submits_its_job_if_a_refusal_was_published():
    follower = Follower({"refusal": "JobQueue q not found."})

    assert follower.followed() == ["job-1"]
    assert len(follower.api.submitted) == 1


def test_a_refusal_stays_one_for_a_task_that_cannot_submit():
    follower = Follower({"refusal": "JobQueue q not found."}, job_queue=None)

    with pytest.raises(AirflowFailException, match=r"was not submitted: JobQueue q not found\."):
        follower.operator().execute({"ti": follower.ti})
    assert follower.api.submitted == []


@pytest.mark.parametrize("arguments", [{"job_queue": None}, {"job_definition": None}])
def test_a_task_that_cannot_submit_says_what_to_clear(arguments):
    follower = Follower(**arguments)

    with pytest.raises(AirflowFailException, match=r"clear that task and, when it has succeeded, this one$"):
        follower.operator().execute({"ti": follower.ti})


def test_a_task_that_is_not_planned_submits_nothing():
    follower = Follower()
    follower.is_planned = False  # AWS Batch may order jobs whose tasks have no order in Airflow

    with pytest.raises(AirflowFailException, match="did not publish a job ID"):
        follower.operator().execute({"ti": follower.ti})
    assert follower.api.submitted == []


@pytest.mark.parametrize("published", [None, "root"])
@pytest.mark.parametrize("state", [None, "scheduled", "queued", "running", "up_for_retry"])
def test_a_task_that_was_cleared_with_the_submitting_one_waits_for_it(state, published):
    follower = Follower(published)
    follower.ti.clear(RETRIES)
    follower.ti.states["submit"] = state

    trigger = follower.trigger()

    assert isinstance(trigger, TaskEndTrigger)
    assert trigger.awaited_task_id == "submit"
    assert follower.api.submitted == []


def test_a_task_that_waits_in_its_worker_reads_what_was_published_meanwhile(monkeypatch):
    follower = Follower(deferrable=False)
    follower.ti.clear(RETRIES)
    follower.ti.states["submit"] = "running"
    follower.api.put("root", "SUCCEEDED")

    def publish(seconds: float) -> None:
        follower.ti._published["submit", "align"] = "root"
        follower.ti.states["submit"] = "success"

    monkeypatch.setattr("airflow_batch_provider.operators.publication.time.sleep", publish)

    assert follower.operator().execute({"ti": follower.ti}) == "root"


def test_the_first_try_of_a_published_job_asks_for_no_states(monkeypatch):
    follower = Follower("root")
    monkeypatch.delattr(FakeTaskInstance, "get_task_states")

    assert follower.followed() == ["root"]


def test_a_single_task_test_submits_the_job(monkeypatch):
    monkeypatch.setenv("AIRFLOW_TEST_MODE", "True")
    follower = Follower()
    follower.ti.states["submit"] = None

    assert follower.followed() == ["job-1"]


def test_a_single_task_test_that_sets_no_variable_submits_the_job():
    follower = Follower()
    follower.ti.run_id = "__airflow_temporary_run_2026-01-01T00:00:00+00:00__"  # Airflow 3.1 and 3.2
    follower.ti.states["submit"] = None

    assert follower.followed() == ["job-1"]


@pytest.fixture
def submitting():
    """The submitting task of a planned job in ``per_job``, whose dependency has no job ID."""
    operator = BatchSubmitJobOperator(
        task_id="submit", job_queue="q", job_definition="d", depends_on=[None, "job-a"]
    )
    operator.is_planned = True
    operator.__dict__["hook"] = hook_over(FakeBatchApi(), FakeLogsApi())
    return operator


def test_a_job_whose_dependency_has_no_job_is_left_to_its_follower(submitting):
    assert submitting.execute({"ti": FakeTaskInstance("submit")}) is None
    assert submitting.hook.batch._api.submitted == []


def test_a_single_task_test_submits_a_job_without_its_dependencies(submitting, monkeypatch):
    monkeypatch.setenv("AIRFLOW_TEST_MODE", "True")

    assert submitting.execute({"ti": FakeTaskInstance("submit")}) == "job-1"
    (request,) = submitting.hook.batch._api.submitted
    assert request["dependsOn"] == [{"jobId": "job-a"}]
