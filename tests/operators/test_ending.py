"""How a job's task ends: what the author's rules on exit codes make of a failure, and what it publishes."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, AirflowSkipException
from airflow.sdk import Asset
from airflow.sdk.execution_time.context import OutletEventAccessors

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.hooks.metrics import JobMetrics
from airflow_batch_provider.operators.batch import BatchJobOperator
from tests.airflow_fakes import FakeStats, FakeTaskInstance, hook_over
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi, aws_error, throttled

EXITED = {"statusReason": "Essential container in task exited", "attempts": [{}]}
LINES = ["line-1", "line-2", "line-3"]
RULES = {3: "skip", "64-78": "fail", 75: "retry", 9: "succeed"}


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def logs():
    return FakeLogsApi({("/aws/batch/job", "s/1"): LINES})


@pytest.fixture
def ti():
    return FakeTaskInstance()


@pytest.fixture
def end(api, logs, ti):
    """Let the task resume when its job ``a`` has ended."""

    def resume(**arguments):
        operator = BatchJobOperator(task_id="align", adopt="a", **arguments)
        operator.__dict__["hook"] = hook_over(api, logs)
        job = JobDescription.from_aws(api.jobs["a"])
        return operator.resume({"ti": ti}, {"jobs": [job.to_json()]})

    return resume


def put_exit(api, exit_code, job_id="a", **members):
    api.put(job_id, "FAILED", **{**EXITED, **members}, container={"exitCode": exit_code})


@pytest.mark.parametrize(
    ("exit_code", "error"),
    [
        (64, AirflowFailException),
        (75, AirflowException),
        (3, AirflowSkipException),
        (1, AirflowException),
    ],
)
def test_an_exit_code_ends_the_task_as_its_rule_says(api, end, exit_code, error):
    put_exit(api, exit_code)

    with pytest.raises(error, match=f"failed on attempt 1 of 1 with exit code {exit_code}") as raised:
        end(exit_codes=RULES)

    assert type(raised.value) is error


def test_an_exit_code_can_mean_success_and_the_log_says_so(api, end, capsys):
    put_exit(api, 9)

    assert end(exit_codes=RULES) == "a"
    assert "because of exit_codes: job 'align' (a) failed on attempt 1 of 1" in capsys.readouterr().out


def test_why_a_task_is_skipped_is_in_its_log(api, end, capsys):
    put_exit(api, 3)

    with pytest.raises(AirflowSkipException):
        end(exit_codes=RULES)

    assert "The task is skipped because of exit_codes: job 'align' (a) failed" in capsys.readouterr().out


def test_a_job_that_was_terminated_is_not_judged_by_its_exit_code(api, end):
    put_exit(api, 9, isTerminated=True, statusReason="Operator cancelled")

    with pytest.raises(AirflowException, match="Operator cancelled"):
        end(exit_codes=RULES)


def test_an_attempt_that_took_too_long_is_not_judged_by_its_exit_code(api, end):
    put_exit(api, 137, statusReason="Job attempt duration exceeded timeout")

    with pytest.raises(AirflowException, match="exceeded timeout"):
        end(exit_codes={137: "succeed"})


@pytest.mark.parametrize(
    ("exit_codes", "error"),
    [((9, 9), None), ((9, 3), AirflowSkipException), ((9, 70), AirflowFailException)],
)
def test_an_array_ends_as_its_gravest_child(api, end, exit_codes, error):
    api.put("a", "FAILED", statusReason="Array Child Job failed", arrayProperties={"size": 5})
    for index, exit_code in enumerate(exit_codes):
        put_exit(api, exit_code, f"a:{index}")

    if error is None:
        assert end(exit_codes=RULES) == "a"
        return
    with pytest.raises(error, match="2 of 5 children failed"):
        end(exit_codes=RULES)


@pytest.mark.parametrize(
    "members",
    [
        {"statusReason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …"},
        {
            "statusReason": "Task failed to start",
            "container": {"reason": "CannotPullContainerError: not found"},
        },
    ],
    ids=["misconfiguration", "image"],
)
def test_a_failure_that_no_retry_can_help_spends_none(api, end, members):
    api.put("a", "FAILED", **members)

    with pytest.raises(AirflowFailException):
        end()


def test_a_retry_that_the_author_wants_is_made_all_the_same(api, end):
    put_exit(api, 75)

    with pytest.raises(AirflowException) as raised:
        end(exit_codes={75: "retry"})

    assert not isinstance(raised.value, AirflowFailException)


def test_how_an_arrays_children_ended_is_published_before_the_task_fails(api, end, ti):
    api.put("a", "FAILED", statusReason="Array Child Job failed", arrayProperties={"size": 5})
    for index in (1, 2, 4):
        put_exit(api, 3, f"a:{index}")

    with pytest.raises(AirflowException):
        end()

    published = ti.pushed["array"]
    assert (published["succeeded"], published["failed"], published["failed_indices"]) == (2, 3, "1-2, 4")
    assert published["exit_codes"] == {"3": "1-2, 4"}


def test_what_is_not_known_of_an_arrays_children_is_not_published(api, end, ti):
    api.put("a", "FAILED", statusReason="Array Child Job failed", arrayProperties={"size": 5})
    api.errors["list_jobs"] = [throttled("ListJobs")]

    with pytest.raises(AirflowException, match="Array Child Job failed"):
        end()

    assert "array" not in ti.pushed


def test_an_array_that_succeeded_publishes_so(api, end, ti):
    api.put("a", "SUCCEEDED", arrayProperties={"size": 5})

    end()

    assert (ti.pushed["array"]["succeeded"], ti.pushed["array"]["failed"]) == (5, 0)


@pytest.mark.parametrize(
    ("given", "shown"),
    [({"log_lines": 1}, LINES[2:]), ({}, LINES[1:])],
    ids=["argument", "configured"],
)
def test_the_author_or_airflows_configuration_says_how_many_lines_are_shown(
    api, end, capsys, monkeypatch, given, shown
):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__LOG_LINES", "2")
    api.put("a", "SUCCEEDED", attempts=[{"container": {"logStreamName": "s/1", "exitCode": 0}}])

    end(**given)

    logged = capsys.readouterr().out
    assert f"{3 - len(shown)} earlier lines omitted" in logged
    assert [line for line in LINES if line in logged] == shown


def test_a_log_that_cannot_be_read_does_not_fail_a_job_that_succeeded(api, end, logs):
    logs.error = aws_error("GetLogEvents", 403, "AccessDeniedException", "no")
    api.put("a", "SUCCEEDED", attempts=[{"container": {"logStreamName": "s/1"}}])

    assert end() == "a"


def test_an_error_of_ours_while_logs_are_read_does_not_hide_the_failure(api, end, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("airflow_batch_provider.batch.failures.report.JobReporter.report", broken)
    put_exit(api, 1)

    with pytest.raises(AirflowException, match=r"^job 'align' \(a\) failed on attempt 1 of 1 with exit"):
        end()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"exit_codes": {0: "skip"}}, "task 'align': exit_codes: 0 is not a failure exit code"),
        ({"log_lines": -1}, "task 'align': log_lines is -1; it must be 0 or more"),
        ({"failed_children_logs": -1}, "task 'align': failed_children_logs is -1; it must be 0 or more"),
    ],
)
def test_an_argument_that_cannot_be_is_refused_when_the_dag_is_parsed(arguments, text):
    with pytest.raises(RequestError, match=text):
        BatchJobOperator(task_id="align", adopt="a", **arguments)


def test_the_assets_that_a_task_produces_learn_which_job_they_come_from(api, ti):
    asset = Asset("insights", uri="s3://insights/all")
    operator = BatchJobOperator(task_id="align", adopt="a", outlets=[asset])
    operator.__dict__["hook"] = hook_over(api, FakeLogsApi())
    events = OutletEventAccessors()
    events[asset].extra = {"kept": 1}
    api.put("a", "SUCCEEDED")

    operator.resume(
        {"ti": ti, "task": operator, "outlet_events": events},
        {"jobs": [JobDescription.from_aws(api.jobs["a"]).to_json()]},
    )

    assert events[asset].extra == {
        "kept": 1,
        "job_id": "a",
        "job_name": "name-of-a",
        "job_queue": QUEUE_ARN,
    }


def test_a_job_that_is_final_when_its_task_starts_is_told_and_counted(api, ti):
    stats = FakeStats()
    operator = BatchJobOperator(task_id="align", adopt="a")
    operator.__dict__["hook"] = hook_over(api, FakeLogsApi())
    operator.hook.metrics = JobMetrics(lambda: stats)
    api.put("a", "SUCCEEDED")

    operator.execute({"ti": ti})

    assert len(stats.named("batch_provider.jobs_ended")) == 1
