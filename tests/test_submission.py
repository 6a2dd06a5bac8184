"""Submitting the jobs of a workflow."""

import logging

import pytest

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.errors import ThrottledError
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob
from airflow_batch_provider.spec.models import DependencyType
from airflow_batch_provider.submission import submit_workflow
from tests.fakes import FakeBatchApi, aws_error, refused


def planned(key, *depends_on, definition="step", **request):
    dependencies = tuple(
        PlannedDependency(entry) if isinstance(entry, str) else entry for entry in depends_on
    )
    return PlannedJob(key, {"jobQueue": "q", "jobDefinition": definition, **request}, dependencies)


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def client(api):
    return BatchClient(api, api, sleep=lambda seconds: None)


def submit(client, *jobs):
    return submit_workflow(jobs, client, lambda key: f"w-{key}")


def test_jobs_are_submitted_in_the_order_given(api, client):
    submissions = list(submit(client, planned("b"), planned("a", "b"), planned("c")))

    assert [submission.job_key for submission in submissions] == ["b", "a", "c"]
    assert [request["jobName"] for request in api.submitted] == ["w-b", "w-a", "w-c"]
    assert [submission.job.job_id for submission in submissions] == ["job-1", "job-2", "job-3"]


def test_depends_on_is_filled_with_the_ids_just_returned(api, client):
    n_to_n = PlannedDependency("b", DependencyType.N_TO_N)
    sequential = PlannedDependency(None, DependencyType.SEQUENTIAL)
    size = {"arrayProperties": {"size": 2}}

    list(submit(client, planned("a"), planned("b", **size), planned("c", "a", n_to_n, sequential, **size)))

    assert "dependsOn" not in api.submitted[0]
    assert api.submitted[2]["dependsOn"] == [
        {"jobId": "job-1"},
        {"jobId": "job-2", "type": "N_TO_N"},
        {"type": "SEQUENTIAL"},
    ]


def test_all_jobs_are_sent_before_the_first_submission_is_handed_out(api, client):
    submissions = submit(client, planned("a"), planned("b"))

    first = next(submissions)

    assert first.job_key == "a"
    assert len(api.submitted) == 2


def test_a_refused_job_is_reported_and_all_that_need_it_and_the_others_are_submitted(api, client):
    api.refusals["bad"] = refused("JobDefinition name bad does not exist or is not in ACTIVE status")

    submissions = list(
        submit(
            client,
            planned("a"),
            planned("b", "a", definition="bad"),
            planned("c", "a"),
            planned("d", "c", "b"),
            planned("e", "d"),
        )
    )

    assert {submission.job_key: submission.refusal for submission in submissions} == {
        "a": None,
        "b": "AWS Batch refused job 'w-b': "
        "JobDefinition name bad does not exist or is not in ACTIVE status (ClientException)",
        "c": None,
        "d": "job 'b', which it depends on, was not accepted",
        "e": "job 'd', which it depends on, was not accepted",
    }
    assert [request["jobName"] for request in api.submitted] == ["w-a", "w-b", "w-c"]
    assert api.terminated == {}


def test_a_request_that_cannot_be_sent_is_a_refusal_of_that_job_alone(api, client):
    submissions = list(
        submit(client, planned("a", arrayProperties={"size": "none"}), planned("b", nonsense=1), planned("c"))
    )

    assert submissions[0].refusal == "job 'a': array_size became 'none', which is not a whole number"
    assert submissions[1].refusal.startswith("job 'w-b' is no SubmitJob request: Unknown parameter")
    assert submissions[2].job.job_id == "job-1"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (aws_error("SubmitJob", 500, "ServerException", "oops"), Exception),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_an_error_midway_terminates_what_was_started(api, client, error, raised):
    api.errors["submit_job"] = [None, None, error]

    with pytest.raises(raised) as caught:
        list(submit(client, planned("a"), planned("b"), planned("c"), planned("d")))

    assert caught.value is error
    assert api.terminated == dict.fromkeys(
        ["job-1", "job-2"], "The submission of this job's workflow did not finish"
    )
    assert len(api.submitted) == 3


def test_throttling_without_end_terminates_what_was_started(api, client):
    throttled = aws_error("SubmitJob", 429, "TooManyRequestsException", "Too Many Requests")
    api.errors["submit_job"] = [None] + [throttled] * 10

    with pytest.raises(ThrottledError):
        list(submit(client, planned("a"), planned("b")))

    assert list(api.terminated) == ["job-1"]


def test_a_consumer_that_stops_before_the_end_has_the_started_jobs_terminated(api, client):
    submissions = submit(client, planned("a"), planned("b"), planned("c"))
    next(submissions)
    next(submissions)

    submissions.close()

    assert list(api.terminated) == ["job-1", "job-2", "job-3"]


def test_a_submission_that_is_complete_terminates_nothing(api, client):
    submissions = submit(client, planned("a"))
    list(submissions)

    submissions.close()

    assert api.terminated == {}


def test_a_termination_that_fails_hides_neither_the_error_nor_the_other_jobs(api, client, caplog):
    lost = aws_error("SubmitJob", 500, "ServerException", "oops")
    api.errors["submit_job"] = [None, None, lost]
    api.errors["terminate_job"] = [aws_error("TerminateJob", 500, "ServerException", "no")]

    with caplog.at_level(logging.ERROR), pytest.raises(Exception, match="oops") as caught:
        list(submit(client, planned("a"), planned("b"), planned("c")))

    assert caught.value is lost
    assert list(api.terminated) == ["job-2"]
    assert "Job job-1 could not be terminated" in caplog.text
