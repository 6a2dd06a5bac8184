"""``BatchJobOperator``: follow a job to its end."""

import time
from datetime import timedelta

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk import Asset

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.airflow_versions import ends_in_triggerer
from tests.fakes import DEFINITION_ARN, QUEUE_ARN, FakeBatchApi, FakeLogsApi, aws_error

CONSOLE = "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1"
STREAM = {"container": {"logStreamName": "step/default/1", "exitCode": 3}}
ATTEMPTS = {"attempts": [{}, {}], "retryStrategy": {"attempts": 2}}


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def logs():
    return FakeLogsApi({("/aws/batch/job", "step/default/1"): ["reading", "no such file: x.csv"]})


@pytest.fixture
def ti():
    return FakeTaskInstance(
        published={
            ("submit", "align"): "job-9",
            ("submit", "bad"): {"refusal": "AWS Batch rejected job 'w-bad': JobQueue q not found."},
        }
    )


@pytest.fixture
def with_hook(api, logs):
    def prepare(operator):
        operator.__dict__["hook"] = hook_over(api, logs)
        return operator

    return prepare


@pytest.fixture
def execute(with_hook, ti):
    def run(operator):
        context = {"ti": ti}
        operator.render_template_fields(context)
        return with_hook(operator).execute(context)

    return run


def adopting(key="align", **arguments):
    return BatchJobOperator(task_id=key, adopt=PublishedJob("submit", key), **arguments)


def event_of(api, *job_ids):
    return {"jobs": [JobDescription.from_aws(api.jobs[job_id]).to_json() for job_id in job_ids]}


def test_a_running_job_defers_the_task(execute, api):
    api.put("job-9", "RUNNING")

    with pytest.raises(TaskDeferred) as deferred:
        execute(adopting(aws_conn_id="other", region_name="eu-north-1", poll_interval_seconds=7))

    trigger = deferred.value.trigger
    assert isinstance(trigger, BatchJobTrigger)
    assert trigger.job_ids == ["job-9"]
    assert trigger.poll_interval_seconds == 7
    assert (trigger.connection.aws_conn_id, trigger.connection.region_name) == ("other", "eu-north-1")
    assert deferred.value.method_name == "resume"


def test_an_adopted_job_is_not_submitted(execute, api):
    api.put("job-9", "SUCCEEDED")

    assert execute(adopting()) == "job-9"
    assert api.submitted == []


def test_the_interval_is_airflows_configuration_unless_given(execute, api, monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__POLL_INTERVAL_SECONDS", "42")
    api.put("job-9", "RUNNING")

    with pytest.raises(TaskDeferred) as deferred:
        execute(adopting())

    assert deferred.value.trigger.poll_interval_seconds == 42


def test_a_job_that_aws_does_not_show_yet_defers_the_task(execute):
    with pytest.raises(TaskDeferred):
        execute(adopting())


def test_without_adopt_the_task_submits_its_job_and_follows_it(execute, api, ti):
    with pytest.raises(TaskDeferred) as deferred:
        execute(BatchJobOperator(task_id="align", job_queue="q", job_definition="d"))

    assert len(api.submitted) == 1
    assert deferred.value.trigger.job_ids == ["job-1"]
    assert ti.pushed["job_id"] == "job-1"


def test_a_job_that_has_succeeded_already_does_not_defer(execute, api, ti):
    api.put("job-9", "SUCCEEDED")

    assert execute(adopting()) == "job-9"
    assert ti.pushed["job_id"] == "job-9"


def test_a_job_that_has_failed_already_fails_the_task_at_once(execute, api):
    api.put("job-9", "FAILED", statusReason="Essential container in task exited", **STREAM, **ATTEMPTS)

    with pytest.raises(AirflowException) as raised:
        execute(adopting())

    assert str(raised.value) == (
        "job 'align' (job-9) failed on attempt 2 of 2 with exit code 3. "
        "Last log lines: reading | no such file: x.csv"
    )
    assert not isinstance(raised.value, AirflowFailException)


def test_a_task_that_cannot_submit_raises_the_refusal_of_its_job(execute):
    with pytest.raises(AirflowFailException) as raised:
        execute(adopting("bad"))

    assert str(raised.value) == (
        "job 'bad' was not submitted: AWS Batch rejected job 'w-bad': JobQueue q not found. Remove the "
        "cause, then clear the task that submits the job and this one. No retry: this task has no job_queue "
        "and job_definition with which it could submit the job itself"
    )


def test_a_job_id_that_was_never_published_is_a_clear_error(execute):
    with pytest.raises(AirflowException) as raised:
        execute(adopting("other"))

    assert str(raised.value) == (
        "the task that submits job 'other' did not publish a job ID; "
        "clear that task and, when it has succeeded, this one"
    )


def test_an_empty_adoption_never_turns_into_a_submission(execute, api):
    operator = BatchJobOperator(task_id="align", adopt="", job_queue="q", job_definition="d")

    with pytest.raises(AirflowException, match="did not publish a job ID"):
        execute(operator)

    assert api.submitted == []


def test_links_and_job_id_are_pushed_before_the_task_is_deferred(execute, api, ti):
    api.put("job-9", "RUNNING", **STREAM)

    with pytest.raises(TaskDeferred):
        execute(adopting(end_in_triggerer=False))

    assert ti.pushed == {
        "job_id": "job-9",
        "_link_BatchJobLink": f"{CONSOLE}#jobs/detail/job-9",
        "_link_BatchJobDefinitionLink": f"{CONSOLE}#job-definition/detail/{DEFINITION_ARN}",
        "_link_BatchJobQueueLink": f"{CONSOLE}#queues/detail/{QUEUE_ARN}",
        "_link_BatchJobLogLink": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob/log-events/step$252Fdefault$252F1",
    }


def test_a_job_that_has_no_log_yet_has_no_link_to_it(execute, api, ti):
    api.put("job-9", "RUNNABLE")

    with pytest.raises(TaskDeferred):
        execute(adopting())

    assert "_link_BatchJobLogLink" not in ti.pushed


def test_resume_after_success_returns_the_job_id_and_describes_nothing(with_hook, api, ti):
    api.put("job-9", "SUCCEEDED", **STREAM)
    event = event_of(api, "job-9")

    result = with_hook(adopting()).resume({"ti": ti}, event)

    assert result == "job-9"
    assert api.described == []
    assert "_link_BatchJobLogLink" in ti.pushed


def test_resume_after_failure_raises_the_sentence(with_hook, api, ti):
    api.put("job-9", "FAILED", statusReason="Dependent Job failed")

    with pytest.raises(AirflowException, match=r"^job 'align' \(job-9\) failed: Dependent Job failed\.$"):
        with_hook(adopting()).resume({"ti": ti}, event_of(api, "job-9"))


def test_resume_after_the_wait_itself_failed_says_so(with_hook, ti):
    event = {"error": "job job-9 not found", "retryable": True}

    with pytest.raises(AirflowException, match="job job-9 not found"):
        with_hook(adopting()).resume({"ti": ti}, event)


def test_the_failure_of_an_array_names_its_children_and_the_first_ones_log(with_hook, api, ti):
    array = {"arrayProperties": {"size": 5, "statusSummary": {"FAILED": 2, "SUCCEEDED": 3}}}
    api.put("job-9", "FAILED", statusReason="Array Child Job failed", **array)
    for index, status in enumerate(["SUCCEEDED", "FAILED", "SUCCEEDED", "FAILED", "SUCCEEDED"]):
        api.put(f"job-9:{index}", status, **STREAM, **ATTEMPTS)

    with pytest.raises(AirflowException) as raised:
        with_hook(adopting()).resume({"ti": ti}, event_of(api, "job-9"))

    assert str(raised.value) == (
        "array job 'align' (job-9) failed: 2 of 5 children failed (indices 1, 3). "
        "First failed child: job 'align:1' (job-9:1) failed on attempt 2 of 2 with exit code 3. "
        "Last log lines: reading | no such file: x.csv"
    )


def test_what_a_job_printed_is_in_the_tasks_log(with_hook, api, ti, capsys):
    api.put("job-9", "SUCCEEDED", **STREAM)

    with_hook(adopting()).resume({"ti": ti}, event_of(api, "job-9"))

    logged = capsys.readouterr().out
    assert "reading" in logged
    assert logged.index("no such file: x.csv") < logged.index(
        "Job job-9 'name-of-job-9' ended with status SUCCEEDED"
    )


def deferral_of(execute, operator):
    with pytest.raises(TaskDeferred) as deferred:
        execute(operator)
    return deferred.value.trigger


@ends_in_triggerer
def test_the_triggerer_ends_the_task_where_nothing_is_left_for_a_worker(execute, api, ti):
    api.put("job-9", "RUNNING")

    assert deferral_of(execute, adopting()).ends_task
    assert ti.pushed["return_value"] == "job-9"


@pytest.mark.parametrize(
    "arguments",
    [
        {"end_in_triggerer": False},
        {"outlets": [Asset("result")]},
        {"on_success_callback": print},
        {"post_execute": print},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_a_task_with_something_to_do_after_success_goes_back_to_a_worker(execute, api, ti, arguments):
    api.put("job-9", "RUNNING")

    assert not deferral_of(execute, adopting(**arguments)).ends_task
    assert "return_value" not in ti.pushed


def test_the_deadline_counts_from_the_start_of_the_try(execute, api):
    api.put("job-9", "RUNNING")
    before = time.time()

    terms = deferral_of(execute, adopting(execution_timeout=timedelta(hours=1))).terms

    assert before + 3600 <= terms.deadline <= time.time() + 3600


def test_the_terms_of_the_wait_are_those_of_the_operator(execute, api):
    api.put("job-9", "RUNNING")
    operator = adopting(runnable_timeout=timedelta(minutes=5), fail_when_misconfigured=False)

    terms = deferral_of(execute, operator).terms

    assert (terms.deadline, terms.runnable_seconds, terms.allows_misconfiguration) == (None, 300, True)


@pytest.mark.parametrize(("timeout", "seconds"), [(None, None), (timedelta(hours=4), 14400)])
def test_only_a_refused_timeout_of_the_author_is_written_to_the_trigger(execute, api, timeout, seconds):
    api.put("job-9", "RUNNING")

    trigger = deferral_of(execute, adopting(refused_timeout=timeout))

    assert trigger.serialize()[1]["terms"].get("refused_seconds") == seconds
    assert ("refused_seconds" in trigger.serialize()[1]["terms"]) == (timeout is not None)


@pytest.mark.parametrize("operation", ["list_jobs", "describe_jobs"])
def test_refused_credentials_do_not_keep_a_task_from_waiting_for_its_job(execute, api, operation):
    expired = aws_error("DescribeJobs", 403, "ExpiredTokenException", "The security token has expired")
    api.put("job-9", "RUNNING")
    api.errors[operation] = [expired] * 3

    trigger = deferral_of(execute, adopting(job_queue="etl", job_definition="step"))

    assert trigger.job_ids == ["job-9"]
    assert (api.submitted, api.terminated) == ([], {})


def test_refused_credentials_at_the_submission_cost_a_retry(execute, api):
    api.errors["submit_job"] = [
        aws_error("SubmitJob", 403, "ExpiredTokenException", "The security token has expired")
    ]
    operator = BatchJobOperator(task_id="align", job_queue="etl", job_definition="step")

    with pytest.raises(AirflowException, match=r"has expired \(ExpiredTokenException\); renew") as raised:
        execute(operator)

    assert type(raised.value) is AirflowException


@pytest.mark.parametrize(("retryable", "error"), [(True, AirflowException), (False, AirflowFailException)])
def test_a_job_that_is_not_waited_for_any_longer_is_terminated(with_hook, api, ti, capsys, retryable, error):
    api.put("job-9", "RUNNING", **STREAM)
    event = {"error": "its time is over", "retryable": retryable, "given_up": True, "job_ids": ["job-9"]}

    with pytest.raises(AirflowException, match=r"^job 'align' was terminated: its time is over$") as raised:
        with_hook(adopting()).resume({"ti": ti}, event)

    assert type(raised.value) is error
    assert api.terminated == {"job-9": "Task 'align' stopped waiting: its time is over"}
    assert "no such file: x.csv" in capsys.readouterr().out


def test_a_worker_that_waits_gives_up_a_job_that_cannot_start(execute, api):
    reason = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is too high."
    api.put("job-9", "RUNNABLE", statusReason=reason)

    with pytest.raises(AirflowFailException, match="cannot start: MISCONFIGURATION:JOB_RESOURCE"):
        execute(adopting(deferrable=False, poll_interval_seconds=0))

    assert list(api.terminated) == ["job-9"]


def test_resume_without_an_event_of_ours_reads_the_job_that_the_task_has_published(with_hook, api, ti):
    api.put("job-9", "SUCCEEDED")
    ti._published["align", "job_id"] = "job-9"

    assert with_hook(adopting()).resume({"ti": ti}, "success") == "job-9"


def test_without_deferral_the_worker_waits(with_hook, api, ti):
    api.put("job-9", "RUNNING")
    operator = with_hook(adopting(deferrable=False, poll_interval_seconds=0))
    operator.render_template_fields({"ti": ti})
    hook = operator.hook
    describe = hook.batch.describe

    def describe_and_end(job_ids):
        described = describe(job_ids)
        api.put("job-9", "SUCCEEDED", **STREAM)
        return described

    hook.batch.describe = describe_and_end
    result = operator.execute({"ti": ti})

    assert result == "job-9"
    assert "_link_BatchJobLogLink" in ti.pushed
