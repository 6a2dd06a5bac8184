"""Data passed between tasks, triggers and tries."""

import json

import pytest

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import (
    JobBlockedError,
    JobNotFoundError,
    JobNotPublishedError,
    SubmissionRejectedError,
    WaitAbandonedError,
    WaitError,
)
from airflow_batch_provider.handover import (
    NOT_MAPPED,
    FollowedJob,
    PublishedJob,
    TryToken,
    WaitEvent,
    adopted_job_id,
    entries_of,
    published_value,
)
from tests.airflow_fakes import FakeTaskInstance
from tests.fakes import job_detail

JOB = JobDescription.from_aws(job_detail("a", "SUCCEEDED"))


def round_trip(event: WaitEvent) -> WaitEvent:
    """Return an event after serialization to JSON and back."""
    return WaitEvent.from_json(json.loads(json.dumps(event.to_json())))


def test_submitted_job_is_published_as_its_id():
    assert adopted_job_id(published_value("job-1", None), "a") == "job-1"


def test_rejected_job_is_published_with_reason():
    value = published_value(None, "no such queue")

    with pytest.raises(SubmissionRejectedError, match=r"^job 'a' was not submitted: no such queue$"):
        adopted_job_id(value, "a")


@pytest.mark.parametrize("value", [None, "", {}, 5, []])
def test_invalid_published_value_raises_error(value):
    with pytest.raises(JobNotPublishedError, match="the task that submits job 'a' did not publish a job ID"):
        adopted_job_id(value, "a")


def test_reference_pulls_xcom_of_other_task():
    ti = FakeTaskInstance(published={("group.submit", "a"): "job-1"})

    assert PublishedJob("group.submit", "a").resolve({"ti": ti}) == "job-1"


def test_reference_pulls_xcom_of_own_map_index():
    ti = FakeTaskInstance(published={("submit", "a", index): f"job-{index}" for index in (0, 1)})
    ti.map_index = 1

    assert PublishedJob("submit", "a").resolve({"ti": ti}) == "job-1"


def test_mapped_task_reads_xcom_of_task_that_is_not_mapped():
    ti = FakeTaskInstance(published={("submit", "a", NOT_MAPPED): "job-9"})
    ti.map_index = 1

    assert PublishedJob("submit", "a").resolve({"ti": ti}) == "job-9"


def test_adopting_a_list_raises_error_that_names_mapping():
    with pytest.raises(
        JobNotPublishedError, match=r"^job 'a': adopt is a list of 2 job ID\(s\).*expand\(adopt"
    ):
        adopted_job_id(["job-1", "job-2"], "a")


@pytest.mark.parametrize(
    ("value", "entries"),
    [
        ("job-1", ["job-1"]),
        (("job-1", ["job-2", ["job-3"]]), ["job-1", "job-2", "job-3"]),
        (iter(["job-1"]), ["job-1"]),
        ("['job-1', 'job-2']", ["job-1", "job-2"]),
        ("[not a list", ["[not a list"]),
        ("None", [None]),
        ([None, {"job_id": "job-1"}], [None, {"job_id": "job-1"}]),
        ([], []),
    ],
)
def test_entries_of_one_value_or_several(value, entries):
    assert list(entries_of(value)) == entries


def test_reference_is_serializable():
    assert PublishedJob("submit", "a").serialize() == {"task_id": "submit", "key": "a"}


@pytest.mark.parametrize(
    "event",
    [
        WaitEvent(jobs=(JOB,), token=TryToken(2, 3)),
        WaitEvent(jobs=(JOB, JOB)),
        WaitEvent(error="no credentials", token=TryToken(1)),
        WaitEvent(error="stuck", retryable=False, abandoned_job_ids=("a", "b"), token=TryToken(1, 0)),
        WaitEvent(must_execute=True),
    ],
    ids=["ended", "several jobs", "failed wait", "abandoned jobs", "must execute"],
)
def test_event_survives_json(event):
    assert round_trip(event) == event


@pytest.mark.parametrize(
    ("stored", "event"),
    [
        (
            {"jobs": [JOB.to_json()], "token": {"try_number": 2, "epoch": 3}},
            WaitEvent((JOB,), token=TryToken(2, 3)),
        ),
        ({"jobs": [JOB.to_json()], "token": {"try_number": 1}}, WaitEvent((JOB,), token=TryToken(1))),
        ({"jobs": []}, WaitEvent()),
        ({}, WaitEvent()),
        ({"error": "lost", "retryable": True}, WaitEvent(error="lost")),
        (
            {"error": "stuck", "retryable": False, "given_up": True, "job_ids": ["a"]},
            WaitEvent(error="stuck", retryable=False, abandoned_job_ids=("a",)),
        ),
        ({"to_execute": True}, WaitEvent(must_execute=True)),
    ],
)
def test_event_format_is_stable_across_versions(stored, event):
    assert WaitEvent.from_json(stored) == event
    assert event.to_json() == stored or stored == {}


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (WaitEvent(error="no credentials"), WaitError),
        (WaitEvent(error="too late", abandoned_job_ids=("a",)), WaitAbandonedError),
        (WaitEvent(error="stuck", retryable=False, abandoned_job_ids=("a",)), JobBlockedError),
    ],
)
def test_failed_wait_raises_its_error(event, error):
    with pytest.raises(error) as raised:
        event.ended_jobs()

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (
            ValueError("x"),
            WaitEvent(error="could not wait for a, b: ValueError: x. The jobs may still be running"),
        ),
        (JobNotFoundError("gone"), WaitEvent(error="gone")),
        (WaitAbandonedError("late"), WaitEvent(error="late", abandoned_job_ids=("a", "b"))),
        (JobBlockedError("stuck"), WaitEvent(error="stuck", retryable=False, abandoned_job_ids=("a", "b"))),
    ],
)
def test_error_becomes_event(error, event):
    assert WaitEvent.of_error(error, "a, b", ["a", "b"]) == event


@pytest.mark.parametrize(
    ("token", "is_match"),
    [(TryToken(2, 3), True), (TryToken(2), True), (TryToken(1, 3), False), (TryToken(2, 4), False)],
)
def test_token_matches_its_own_try(token, is_match):
    assert token.matches(TryToken(2, 3)) is is_match


def test_followed_job_survives_json():
    followed = FollowedJob("root", "a", epoch=2, try_number=3, since=12.5, has_succeeded=True)

    assert FollowedJob.from_json(json.loads(json.dumps(followed.to_json()))) == followed


@pytest.mark.parametrize("value", [None, "a", {}, {"job_id": 1, "epoch": 2}, {"job_id": "a"}])
def test_invalid_value_in_state_store_is_ignored(value):
    assert FollowedJob.from_json(value) is None
