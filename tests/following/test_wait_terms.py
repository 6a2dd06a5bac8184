"""Terms that stop a wait before the job ends."""

import json

import pytest

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import JobBlockedError
from airflow_batch_provider.following.wait_terms import WaitTerms
from tests.fakes import job_detail

HOUR = 3600
NOW = 1136095200 + HOUR  # one hour after the creation time of job_detail()
MISCONFIGURED = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) cannot meet the CPU requirement."


def job(status="RUNNABLE", **members):
    return JobDescription.from_aws(job_detail("a", status, **members))


def array(**counts):
    return job("PENDING", arrayProperties={"size": 10, "statusSummary": counts})


def terms_with_limit(seconds, since=0):
    return WaitTerms(since=since, runnable_seconds=seconds)


def test_runnable_job_without_limit_is_waited_for():
    assert WaitTerms(since=0).stop_reason(job(), NOW) is None


def test_wait_stops_when_runnable_timeout_is_exceeded():
    stop_reason = terms_with_limit(HOUR).stop_reason(job(statusReason="UNDETERMINED - blocked"), NOW)

    assert stop_reason.retryable
    assert str(stop_reason) == (
        "job a was RUNNABLE for longer than runnable_timeout (3600 s) "
        "(UNDETERMINED - blocked). Check the compute environments of its job queue, "
        "or increase runnable_timeout"
    )


@pytest.mark.parametrize(
    ("terms", "members"),
    [
        (terms_with_limit(HOUR + 1), {}),
        (terms_with_limit(HOUR, since=NOW - 10), {}),
        (terms_with_limit(HOUR), {"attempts": [{"stoppedAt": (NOW - 10) * 1000}]}),
    ],
    ids=["job creation", "start of wait", "last attempt"],
)
def test_limit_starts_at_latest_event(terms, members):
    assert terms.stop_reason(job(**members), NOW) is None


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_limit_applies_only_to_runnable_jobs(status):
    assert terms_with_limit(1).stop_reason(job(status, statusReason=MISCONFIGURED), NOW) is None


def test_limit_applies_to_array_without_started_children():
    assert terms_with_limit(HOUR).stop_reason(array(RUNNABLE=7, PENDING=3), NOW)


@pytest.mark.parametrize("status", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_limit_does_not_apply_to_array_with_started_child(status):
    assert terms_with_limit(HOUR).stop_reason(array(RUNNABLE=9, **{status: 1}), NOW) is None


def test_limit_does_not_apply_to_array_waiting_for_dependencies():
    assert terms_with_limit(HOUR).stop_reason(array(PENDING=10), NOW) is None


def test_wait_for_misconfigured_job_stops_permanently():
    stop_reason = WaitTerms(since=NOW).stop_reason(job(statusReason=MISCONFIGURED), NOW)

    assert isinstance(stop_reason, JobBlockedError)
    assert not stop_reason.retryable
    assert str(stop_reason).startswith(f"job a cannot start: {MISCONFIGURED.rstrip('.')}. Change the")


def test_misconfigured_job_can_be_allowed():
    terms = WaitTerms(since=NOW, allows_misconfiguration=True)

    assert terms.stop_reason(job(statusReason=MISCONFIGURED), NOW) is None


def test_wait_terms_survive_json():
    terms = WaitTerms(since=1.5, deadline=2.5, runnable_seconds=3.5, allows_misconfiguration=True)

    assert WaitTerms.from_json(json.loads(json.dumps(terms.to_json()))) == terms


def test_the_row_of_a_trigger_has_no_name_that_an_older_version_rejects():
    assert set(WaitTerms(since=1).to_json()) == {
        "since",
        "deadline",
        "runnable_seconds",
        "allows_misconfiguration",
    }
    assert WaitTerms.from_json(WaitTerms(1, refused_seconds=5).to_json()).refused_seconds == 5
