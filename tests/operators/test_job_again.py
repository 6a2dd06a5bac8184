"""``BatchJobOperator`` on a retry, after a clear and after a crash: at most one live job."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.following.terminations import HELD
from airflow_batch_provider.handover import PublishedJob, TryToken, load_followed_job, save_followed_job
from airflow_batch_provider.operators.batch import BatchJobOperator
from tests.airflow_fakes import FakeStateStore, FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, server_error

RETRIES = 2


class Following:
    """A task of one run, tried again and again; each try in a process of its own."""

    def __init__(self, *, has_store: bool = True, **arguments) -> None:
        self.api = FakeBatchApi()
        self.ti = FakeTaskInstance(published={("submit", "align"): "root"})
        self.ti.max_tries = RETRIES
        self.context = {"ti": self.ti}
        if has_store:
            self.context["task_state_store"] = FakeStateStore()
        self.arguments = {"job_queue": "q", "job_definition": "d", **arguments}

    def operator(self) -> BatchJobOperator:
        with DAG("d", schedule=None):
            made = BatchJobOperator(task_id="align", retries=RETRIES, **self.arguments)
        made.render_template_fields(self.context)
        made.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        return made

    def put_earlier(self, status: str, submitted_by: SubmittedBy) -> None:
        """Let AWS Batch have a job of this task, from before its first try."""
        ti = self.ti
        name = JobIdentity(ti.dag_id, ti.run_id, "align", epoch=RETRIES, submitted_by=submitted_by).job_name
        self.api.put("earlier", status, jobName=name, jobQueue="q")

    def execute(self) -> str:
        """Follow a job; the one that the task is deferred for, or that it has seen succeed."""
        try:
            return self.operator().execute(self.context)
        except TaskDeferred as deferred:
            (job_id,) = deferred.trigger.job_ids
            return job_id

    def resume(self, job_id: str, token: dict | None = None) -> str:
        event = {"jobs": [JobDescription.from_aws(self.api.jobs[job_id]).to_json()]}
        token = token or {"try_number": self.ti.try_number, "epoch": self.ti.max_tries}
        return self.operator().resume(self.context, {**event, "token": token})


@pytest.fixture(
    params=[{}, {"has_store": False}, {"has_store": False, "job_label": "june"}],
    ids=["with a task state store", "without", "without, and with a label"],
)
def own(request):
    """A task that submits its job itself."""
    return Following(**request.param)


@pytest.fixture
def adopting():
    """A task that adopts the job ``root``."""
    return Following(adopt=PublishedJob("submit", "align"))


def test_the_first_try_of_a_task_with_a_published_job_looks_for_no_other_jobs():
    task = Following(adopt="root")

    task.execute()

    assert task.api.listed == []


def test_the_first_try_terminates_a_job_that_another_task_submitted_before_the_dag_changed(own):
    own.put_earlier("RUNNING", SubmittedBy.SUBMIT)

    assert own.execute() != "earlier"
    assert list(own.api.terminated) == ["earlier"]


def test_the_first_try_never_adopts_the_job_of_a_deleted_run(own):
    own.put_earlier("SUCCEEDED", SubmittedBy.JOB)

    assert own.execute() != "earlier"
    assert not own.api.terminated


def test_a_published_job_that_aws_does_not_show_yet_is_not_submitted_again(adopting):
    assert adopting.execute() == "root"
    assert adopting.api.submitted == []


def test_a_retry_adopts_the_job_of_a_try_that_died_after_it_had_submitted(own):
    own.execute()
    own.ti.retry()

    assert own.execute() == "job-1"
    assert len(own.api.submitted) == 1


def test_a_retry_after_the_job_failed_submits_it_anew(own):
    own.execute()
    own.api.put("job-1", "FAILED")
    own.ti.retry()

    assert own.execute() == "job-2"
    assert own.ti.pushed["job_id"] == "job-2"
    assert own.api.terminated == {}


def test_a_retry_does_not_follow_a_job_that_is_being_terminated(own):
    own.execute()
    own.api.put("job-1", "RUNNING", isTerminated=True)
    own.ti.retry()

    assert own.execute() == "job-2"


def test_a_clear_terminates_the_job_that_runs_and_submits_anew(own):
    own.execute()
    own.ti.clear(RETRIES)

    assert own.execute() == "job-2"
    assert own.api.terminated == {"job-1": "Task 'align' was restarted"}


def test_a_clear_after_success_submits_anew(own):
    own.execute()
    own.api.put("job-1", "SUCCEEDED")
    own.resume("job-1")
    own.ti.clear(RETRIES)

    assert own.execute() == "job-2"


def test_a_retry_after_a_clear_adopts_the_job_that_was_submitted_since(own):
    own.execute()
    own.ti.clear(RETRIES)
    own.execute()
    own.ti.retry()

    assert own.execute() == "job-2"
    assert len(own.api.submitted) == 2


def test_a_lost_answer_on_a_retry_is_not_answered_with_the_job_that_failed(own):
    own.execute()
    own.api.put("job-1", "FAILED")
    own.ti.retry()
    own.api.errors["submit_job"] = [server_error()]

    assert own.execute() == "job-2"


def test_a_published_job_that_runs_is_adopted_by_a_retry(adopting):
    adopting.api.put("root", "RUNNING")
    adopting.execute()
    adopting.ti.retry()

    assert adopting.execute() == "root"
    assert adopting.api.submitted == []


def test_a_published_job_that_failed_is_submitted_anew_by_a_retry(adopting):
    adopting.api.put("root", "FAILED")
    with pytest.raises(AirflowException):
        adopting.execute()
    adopting.ti.retry()

    assert adopting.execute() == "job-2"
    assert load_followed_job(adopting.context).root == "root"


def test_a_published_job_whose_dependency_failed_is_submitted_anew_at_once(adopting):
    adopting.api.put("root", "FAILED", statusReason="Dependent Job failed")

    assert adopting.execute() == "job-2"


@pytest.mark.parametrize("arguments", [{}, {"adopt": PublishedJob("submit", "align")}])
@pytest.mark.parametrize("array", [None, 2])
def test_a_job_that_was_held_while_its_task_waited_is_submitted_again(arguments, array):
    following = Following(**arguments)
    following.api.put("root", "RUNNABLE")
    followed = following.execute()
    members = {"arrayProperties": {"size": array, "statusSummary": {"FAILED": array}}} if array else {}
    for index in range(array or 0):
        following.api.put(f"{followed}:{index}", "FAILED", statusReason=HELD)
    following.api.put(followed, "FAILED", statusReason="Array Child Job failed" if array else HELD, **members)

    with pytest.raises(TaskDeferred) as deferred:
        following.resume(followed)

    assert deferred.value.trigger.job_ids != [followed]


def test_the_time_limit_of_a_held_job_begins_again_when_it_is_submitted_again(adopting):
    adopting.arguments["execution_timeout"] = timedelta(minutes=10)
    adopting.api.put("root", "RUNNABLE")
    adopting.execute()
    recorded = load_followed_job(adopting.context)
    save_followed_job(adopting.context, replace(recorded, since=recorded.since - 3600))
    adopting.api.put("root", "FAILED", statusReason=HELD)

    with pytest.raises(TaskDeferred) as deferred:
        adopting.resume("root")

    assert deferred.value.trigger.terms.deadline > time.time()


def test_a_held_job_is_submitted_again_by_a_task_that_had_not_started(adopting):
    adopting.api.put("root", "FAILED", statusReason=HELD)

    assert adopting.execute() != "root"


def test_a_cleared_task_does_not_follow_the_published_job_again(adopting):
    adopting.api.put("root", "RUNNING")
    adopting.execute()
    adopting.ti.clear(RETRIES)

    assert adopting.execute() == "job-2"
    assert list(adopting.api.terminated) == ["root"]


@pytest.fixture
def unrecorded():
    """A task that adopts the job ``root``, on an Airflow that keeps no record (before 3.3)."""
    task = Following(has_store=False, adopt=PublishedJob("submit", "align"))
    task.context["dag_run"] = SimpleNamespace(start_date=at(hour=1), run_type="scheduled")
    return task


def at(*, hour: int) -> datetime:
    return datetime(2026, 1, 1, hour, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_without_a_record_a_cleared_task_does_not_follow_a_job_that_is_older_than_its_run(unrecorded, status):
    unrecorded.api.put("root", status, createdAt=milliseconds(at(hour=2)))
    unrecorded.ti.clear(RETRIES)
    unrecorded.context["dag_run"].start_date = at(hour=3)

    assert unrecorded.execute() == "job-2"
    assert unrecorded.api.terminated == {}


def test_without_a_record_a_retry_after_a_clear_adopts_the_job_that_was_submitted_since(unrecorded):
    unrecorded.api.put("root", "SUCCEEDED", createdAt=milliseconds(at(hour=2)))
    unrecorded.ti.clear(RETRIES)
    unrecorded.context["dag_run"].start_date = at(hour=3)
    unrecorded.execute()
    unrecorded.api.put("job-2", "RUNNING", createdAt=milliseconds(at(hour=4)))
    unrecorded.ti.retry()

    assert unrecorded.execute() == "job-2"
    assert len(unrecorded.api.submitted) == 1


def test_without_a_record_a_task_cleared_with_the_submitting_one_follows_the_new_job(unrecorded):
    unrecorded.ti.clear(RETRIES)
    unrecorded.context["dag_run"].start_date = at(hour=3)
    unrecorded.api.put("root", "RUNNING", createdAt=milliseconds(at(hour=4)))

    assert unrecorded.execute() == "root"
    assert unrecorded.api.submitted == []


def test_without_a_record_a_retry_adopts_the_published_job_that_runs(unrecorded):
    unrecorded.api.put("root", "RUNNING", createdAt=milliseconds(at(hour=0)))
    unrecorded.ti.retry()

    assert unrecorded.execute() == "root"


@pytest.fixture
def skipped():
    """A task that was skipped after its job had succeeded; then its run was cleared."""
    task = Following(adopt=PublishedJob("submit", "align"))
    task.context["dag_run"] = SimpleNamespace(start_date=at(hour=3), run_type="scheduled")
    depends_on = [{"jobId": "upstream"}]
    task.api.put("root", "SUCCEEDED", createdAt=milliseconds(at(hour=1)), dependsOn=depends_on)
    task.api.put("upstream", "SUCCEEDED", createdAt=milliseconds(at(hour=1)), jobName="w-1-clean-2-aaaaaa")
    return task


def test_a_success_from_before_the_upstream_job_was_submitted_again_does_not_count(skipped):
    skipped.api.put("again", "SUCCEEDED", createdAt=milliseconds(at(hour=4)), jobName="w-1-clean-2-bbbbbb")

    assert skipped.execute() not in ("root", "again")
    assert len(skipped.api.submitted) == 1


def test_a_success_whose_upstream_job_has_not_been_submitted_again_counts(skipped):
    assert skipped.execute() == "root"


def test_a_task_cleared_with_the_one_that_submits_follows_the_new_job(adopting):
    adopting.api.put("root", "SUCCEEDED")
    adopting.execute()
    adopting.ti.clear(RETRIES)
    adopting.ti._published["submit", "align"] = "new-root"
    adopting.api.put("new-root", "RUNNING")

    assert adopting.execute() == "new-root"
    assert adopting.api.submitted == []


def test_a_running_task_that_was_cleared_repeats_a_success_that_it_has_seen(adopting):
    adopting.api.put("root", "SUCCEEDED")
    adopting.execute()
    adopting.ti.retry()  # the epoch stays: Airflow does not change it for a running task

    assert adopting.execute() == "job-2"


def test_a_success_is_recorded(adopting):
    adopting.api.put("root", "RUNNING")
    adopting.execute()
    adopting.api.put("root", "SUCCEEDED")

    adopting.resume("root")

    assert load_followed_job(adopting.context).has_succeeded


def test_a_failure_is_not_recorded_as_success(adopting):
    adopting.api.put("root", "RUNNING")
    adopting.execute()
    adopting.api.put("root", "FAILED")

    with pytest.raises(AirflowException):
        adopting.resume("root")

    assert not load_followed_job(adopting.context).has_succeeded


def test_an_event_of_an_earlier_try_starts_the_task_anew(own):
    own.execute()
    own.api.put("job-1", "SUCCEEDED")
    token = {"try_number": own.ti.try_number, "epoch": own.ti.max_tries}
    own.ti.clear(RETRIES)

    with pytest.raises(TaskDeferred) as deferred:
        own.resume("job-1", token)

    assert deferred.value.trigger.job_ids == ["job-2"]


def test_an_event_without_a_token_belongs_to_this_try(adopting):
    adopting.api.put("root", "SUCCEEDED")
    event = {"jobs": [JobDescription.from_aws(adopting.api.jobs["root"]).to_json()]}

    assert adopting.operator().resume(adopting.context, event) == "root"


def test_the_trigger_carries_the_try_and_the_reason_for_a_kill(adopting):
    adopting.ti.retry()

    with pytest.raises(TaskDeferred) as deferred:
        adopting.operator().execute(adopting.context)

    assert deferred.value.trigger.token == TryToken(2, RETRIES)
    assert deferred.value.trigger.kill_reason == "Task 'align' no longer follows this job"


@pytest.mark.parametrize("missing", ["job_definition", "job_queue"])
def test_a_task_that_cannot_submit_follows_the_published_job_whatever_happens(missing):
    task = Following(adopt="root", **{missing: None})
    task.api.put("root", "RUNNING")
    task.execute()
    task.ti.clear(RETRIES)

    assert task.execute() == "root"
    assert (task.api.submitted, task.api.terminated) == ([], {})


def test_a_job_under_a_name_of_the_authors_own_is_adopted_from_the_record():
    task = Following(job_name="fixed")
    task.api.put("of-another-run", "RUNNING", jobName="fixed", jobQueue="q")
    task.execute()
    task.ti.retry()

    assert task.execute() == "job-2"
    assert len(task.api.submitted) == 1
    assert task.api.terminated == {}


def test_a_job_under_a_name_of_the_authors_own_is_adopted_by_its_tag():
    task = Following(job_name="fixed", has_store=False)
    task.api.put("of-another-run", "RUNNING", jobName="fixed", jobQueue="q")
    task.execute()
    task.ti.retry()

    assert task.execute() == "job-2"
    assert len(task.api.submitted) == 1


def test_a_cleared_job_under_a_name_of_the_authors_own_is_terminated_and_no_other():
    task = Following(job_name="fixed")
    task.api.put("of-another-run", "RUNNING", jobName="fixed", jobQueue="q")
    task.execute()
    task.ti.clear(RETRIES)

    assert task.execute() == "job-3"
    assert list(task.api.terminated) == ["job-2"]


def test_a_chain_heals_itself_by_lineage():
    """A failed and is retried; B's published job failed with it and is submitted again after A's success."""
    task = Following(adopt=PublishedJob("submit", "align"))
    task.api.put("root", "FAILED", statusReason="Dependent Job failed")
    task.execute()
    task.api.put("job-2", "FAILED")
    with pytest.raises(AirflowException):
        task.resume("job-2")
    task.ti.retry()

    task.execute()
    task.api.put("job-3", "SUCCEEDED")

    assert task.resume("job-3") == "job-3"
    assert len(task.api.submitted) == 2


def test_an_event_of_an_earlier_try_never_makes_a_try_submit_twice(own):
    """The trigger of the first try reports the job that the second one has terminated."""
    own.execute()
    token = {"try_number": own.ti.try_number, "epoch": own.ti.max_tries}
    own.ti.clear(RETRIES)
    own.execute()
    own.api.put("job-1", "FAILED", statusReason="Task 'align' was restarted")

    with pytest.raises(TaskDeferred) as deferred:
        own.resume("job-1", token)

    assert deferred.value.trigger.job_ids == ["job-2"]
    assert len(own.api.submitted) == 2


def test_a_try_that_an_earlier_ones_event_has_woken_keeps_its_deadline(adopting):
    adopting.arguments["execution_timeout"] = timedelta(hours=1)
    adopting.ti.clear(RETRIES)
    with pytest.raises(TaskDeferred) as first:
        adopting.operator().execute(adopting.context)

    with pytest.raises(TaskDeferred) as second:
        adopting.operator().resume(adopting.context, {"jobs": [], "token": {"try_number": 1, "epoch": 0}})

    assert second.value.trigger.terms.deadline == first.value.trigger.terms.deadline


def test_a_job_whose_failure_an_earlier_tries_event_has_covered_up_is_reported_and_not_submitted_again():
    task = Following()
    task.execute()
    task.ti.clear(RETRIES)
    task.execute()
    task.api.put("job-2", "FAILED", statusReason="Host EC2 terminated.")

    with pytest.raises(AirflowException, match="Host EC2 terminated"):
        task.resume("job-1", {"try_number": 1, "epoch": RETRIES})

    assert len(task.api.submitted) == 2
