"""When a wait is given up although the job has not ended."""

import json

import pytest

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import JobBlockedError
from airflow_batch_provider.following.wait_terms import WaitTerms
from tests.fakes import job_detail

HOUR = 3600
NOW = 1136095200 + HOUR  # job_detail() creates its jobs an hour before
MISCONFIGURED = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) cannot meet the CPU requirement."


def job(status="RUNNABLE", **members):
    return JobDescription.from_aws(job_detail("a", status, **members))


def array(**counts):
    return job("PENDING", arrayProperties={"size": 10, "statusSummary": counts})


def limited(seconds, since=0):
    return WaitTerms(since=since, runnable_seconds=seconds)


def test_without_a_limit_a_job_may_stay_runnable():
    assert WaitTerms(since=0).stop_reason(job(), NOW) is None


def test_a_job_that_has_been_runnable_for_too_long_is_given_up():
    stop_reason = limited(HOUR).stop_reason(job(statusReason="UNDETERMINED - blocked"), NOW)

    assert stop_reason.retryable
    assert str(stop_reason) == (
        "job a was RUNNABLE for longer than runnable_timeout (3600 s) "
        "(UNDETERMINED - blocked). Check the compute environments of its job queue, "
        "or increase runnable_timeout"
    )


@pytest.mark.parametrize(
    ("terms", "members"),
    [
        (limited(HOUR + 1), {}),
        (limited(HOUR, since=NOW - 10), {}),
        (limited(HOUR), {"attempts": [{"stoppedAt": (NOW - 10) * 1000}]}),
    ],
    ids=["since its creation", "since the task has waited", "since its last attempt"],
)
def test_the_limit_counts_from_what_came_last(terms, members):
    assert terms.stop_reason(job(**members), NOW) is None


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_only_a_runnable_job_is_given_up(status):
    assert limited(1).stop_reason(job(status, statusReason=MISCONFIGURED), NOW) is None


def test_an_array_of_which_no_child_has_started_is_given_up():
    assert limited(HOUR).stop_reason(array(RUNNABLE=7, PENDING=3), NOW)


@pytest.mark.parametrize("status", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_an_array_of_which_a_child_has_started_is_not(status):
    assert limited(HOUR).stop_reason(array(RUNNABLE=9, **{status: 1}), NOW) is None


def test_an_array_that_waits_for_its_dependencies_is_not():
    assert limited(HOUR).stop_reason(array(PENDING=10), NOW) is None


def test_a_misconfigured_job_is_given_up_at_once_and_for_good():
    stop_reason = WaitTerms(since=NOW).stop_reason(job(statusReason=MISCONFIGURED), NOW)

    assert isinstance(stop_reason, JobBlockedError)
    assert not stop_reason.retryable
    assert str(stop_reason).startswith(f"job a cannot start: {MISCONFIGURED.rstrip('.')}. Change the")


def test_a_misconfigured_job_is_waited_for_where_the_author_wants_it():
    terms = WaitTerms(since=NOW, allows_misconfiguration=True)

    assert terms.stop_reason(job(statusReason=MISCONFIGURED), NOW) is None


def test_terms_survive_json():
    terms = WaitTerms(since=1.5, deadline=2.5, runnable_seconds=3.5, allows_misconfiguration=True)

    assert WaitTerms.from_json(json.loads(json.dumps(terms.to_json()))) == terms
