"""Submitting the jobs of a workflow."""

import logging

import pytest
from botocore.exceptions import NoCredentialsError, ReadTimeoutError

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.job import JobStatus, JobSummary, SubmittedJob
from airflow_batch_provider.errors import SubmissionCancelledError, ThrottledError
from airflow_batch_provider.following.decisions import FollowerState
from airflow_batch_provider.plan.model import EdgeOwner, PlannedDependency, PlannedJob
from airflow_batch_provider.spec.models import DependencyType
from airflow_batch_provider.submission import Outcome, Prior, Submission, submit_workflow
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


def submit(client, *jobs, **arguments):
    return submit_workflow(jobs, client, lambda key: f"w-{key}", **arguments)


@pytest.fixture
def prior_job(api):
    """Function that adds a job of an earlier try to the API and returns its ``Prior``."""

    def put(job_id, status="RUNNING", follower=FollowerState.PENDING, name=None):
        name = name or f"w-{job_id.removeprefix('old-')}"
        api.put(job_id, status, jobName=name)
        return Prior([JobSummary(job_id, name, JobStatus(status))], follower)

    return put


def job_ids_by_key(submissions):
    return {submission.job_key: submission.job and submission.job.job_id for submission in submissions}


def test_jobs_are_submitted_in_given_order(api, client):
    submissions = list(submit(client, planned("b"), planned("a", "b"), planned("c")))

    assert [submission.job_key for submission in submissions] == ["b", "a", "c"]
    assert [request["jobName"] for request in api.submitted] == ["w-b", "w-a", "w-c"]
    assert [submission.job.job_id for submission in submissions] == ["job-1", "job-2", "job-3"]


def test_depends_on_contains_ids_of_submitted_jobs(api, client):
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


def test_all_jobs_are_submitted_before_first_result_is_yielded(api, client):
    submissions = submit(client, planned("a"), planned("b"))

    first = next(submissions)

    assert first.job_key == "a"
    assert len(api.submitted) == 2


def test_rejected_job_blocks_only_its_downstream_jobs(api, client):
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
        "b": "AWS Batch rejected job 'w-b': "
        "JobDefinition name bad does not exist or is not in ACTIVE status (ClientException)",
        "c": None,
        "d": "it depends on job 'b', which was not submitted",
        "e": "it depends on job 'd', which was not submitted",
    }
    assert [request["jobName"] for request in api.submitted] == ["w-a", "w-b", "w-c"]
    assert api.terminated == {}


def test_invalid_request_rejects_only_its_job(api, client):
    submissions = list(
        submit(client, planned("a", arrayProperties={"size": "none"}), planned("b", nonsense=1), planned("c"))
    )

    assert submissions[0].refusal == "job 'a': array_size is 'none', which is not an integer"
    assert submissions[1].refusal.startswith(
        "the SubmitJob request of job 'w-b' is invalid: Unknown parameter"
    )
    assert submissions[2].job.job_id == "job-1"


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (NoCredentialsError(), NoCredentialsError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_error_terminates_submitted_jobs(api, client, error, raised):
    api.errors["submit_job"] = [None, None, error]

    with pytest.raises(raised) as caught:
        list(submit(client, planned("a"), planned("b"), planned("c"), planned("d")))

    assert caught.value is error
    assert api.terminated == dict.fromkeys(
        ["job-1", "job-2"], "The submission of this job's workflow was not completed"
    )
    assert len(api.submitted) == 3


def test_persistent_throttling_terminates_submitted_jobs(api, client):
    throttled = aws_error("SubmitJob", 429, "TooManyRequestsException", "Too Many Requests")
    api.errors["submit_job"] = [None] + [throttled] * 10

    with pytest.raises(ThrottledError):
        list(submit(client, planned("a"), planned("b")))

    assert list(api.terminated) == ["job-1"]


def test_closing_the_iterator_early_terminates_submitted_jobs(api, client):
    submissions = submit(client, planned("a"), planned("b"), planned("c"))
    next(submissions)
    next(submissions)

    submissions.close()

    assert list(api.terminated) == ["job-1", "job-2", "job-3"]


def test_complete_submission_terminates_nothing(api, client):
    submissions = submit(client, planned("a"))
    list(submissions)

    submissions.close()

    assert api.terminated == {}


def test_failed_termination_does_not_hide_error_or_skip_other_jobs(api, client, caplog):
    api.errors["submit_job"] = [None, None, NoCredentialsError()]
    api.unterminable = {"job-1"}

    with caplog.at_level(logging.ERROR), pytest.raises(NoCredentialsError):
        list(submit(client, planned("a"), planned("b"), planned("c")))

    assert list(api.terminated) == ["job-2"]
    assert "did not terminate these jobs: job-1" in caplog.text


def test_lost_response_does_not_stop_submission(api, client):
    api.lost_answers = [None, ReadTimeoutError(endpoint_url="https://batch")]

    submissions = list(submit(client, planned("a"), planned("b", "a"), planned("c", "b")))

    assert job_ids_by_key(submissions) == {"a": "job-1", "b": "job-2", "c": "job-3"}
    assert len(api.submitted) == 3
    assert api.terminated == {}


@pytest.mark.parametrize("status", ["RUNNABLE", "RUNNING", "SUCCEEDED"])
def test_existing_job_is_adopted(api, client, prior_job, status):
    prior = {"a": prior_job("old-a", status)}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "old-a", "b": "job-2"}
    assert [submission.is_new for submission in submissions] == [False, True]
    assert [request["jobName"] for request in api.submitted] == ["w-b"]
    assert api.submitted[0]["dependsOn"] == [{"jobId": "old-a"}]


def test_existing_job_with_label_is_adopted(api, client, prior_job):
    prior = {"a": prior_job("old-a", name="w-a-prices-of-2006")}

    submissions = list(submit(client, planned("a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "old-a"}


def test_job_of_earlier_epoch_is_replaced(api, client, prior_job):
    prior = {"a": prior_job("old-a", name="w-before-a")}

    submissions = list(submit(client, planned("a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "job-2"}
    assert api.terminated == {"old-a": "Superseded: this job is submitted again"}


def test_job_downstream_of_replaced_job_is_replaced(api, client, prior_job):
    prior = {"a": prior_job("old-a", "FAILED"), "b": prior_job("old-b", "PENDING"), "c": prior_job("old-c")}

    submissions = list(submit(client, planned("a"), planned("b", "a"), planned("c"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "job-4", "b": "job-5", "c": "old-c"}
    assert list(api.terminated) == ["old-b"]
    assert api.submitted[1]["dependsOn"] == [{"jobId": "job-4"}]


def test_watched_job_is_kept_when_upstream_job_is_replaced(api, client, prior_job):
    prior = {"b": prior_job("old-b", follower=FollowerState.WATCHING)}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "job-2", "b": "old-b"}
    assert api.terminated == {}


@pytest.mark.parametrize("follower", [FollowerState.WATCHING, FollowerState.ENDED])
def test_jobs_downstream_of_followed_job_are_kept(api, client, prior_job, follower):
    prior = {
        "a": prior_job("old-a", "RUNNING" if follower is FollowerState.WATCHING else "SUCCEEDED", follower),
        "b": prior_job("old-b", "PENDING", name="earlier-w-b"),
        "c": prior_job("old-c", "PENDING", name="earlier-w-c"),
    }

    submissions = list(submit(client, planned("a"), planned("b", "a"), planned("c", "b"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "old-a", "b": "old-b", "c": "old-c"}
    assert (api.submitted, api.terminated) == ([], {})


def test_job_of_earlier_epoch_is_replaced_if_an_upstream_task_is_pending(api, client, prior_job):
    prior = {
        "a": prior_job("old-a", follower=FollowerState.WATCHING),
        "b": prior_job("old-b", name="earlier-w-b"),
        "c": prior_job("old-c", "PENDING", name="earlier-w-c"),
    }

    submissions = list(submit(client, planned("a"), planned("b"), planned("c", "a", "b"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "old-a", "b": "job-4", "c": "job-5"}
    assert list(api.terminated) == ["old-b", "old-c"]


def test_failed_job_downstream_of_followed_job_is_resubmitted(api, client, prior_job):
    prior = {"a": prior_job("old-a", follower=FollowerState.WATCHING), "b": prior_job("old-b", "FAILED")}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "old-a", "b": "job-3"}
    assert api.submitted[0]["dependsOn"] == [{"jobId": "old-a"}]


def test_job_of_ended_task_is_not_submitted(api, client, prior_job):
    prior = {"a": prior_job("old-a", "FAILED", FollowerState.ENDED), "b": Prior(follower=FollowerState.ENDED)}

    submissions = list(submit(client, planned("a"), planned("b"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "old-a", "b": None}
    assert submissions[1].refusal == (
        "its task has already ended, so no task would follow the job; to submit the job, clear that task too"
    )
    assert api.submitted == []


def test_second_live_job_is_terminated_in_favor_of_the_adopted_one(api, client, prior_job):
    newer, older = prior_job("new-a", name="w-a"), prior_job("old-a")
    prior = {"a": Prior([*newer.known, *older.known])}

    submissions = list(submit(client, planned("a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "new-a"}
    assert api.terminated == {"old-a": "Superseded by job new-a"}


def test_live_job_downstream_of_rejected_job_is_terminated(api, client, prior_job):
    api.refusals["bad"] = refused("no")
    prior = {"b": prior_job("old-b", "PENDING")}

    submissions = list(submit(client, planned("a", definition="bad"), planned("b", "a"), prior=prior))

    assert submissions[1].refusal == "it depends on job 'a', which was not submitted"
    assert api.terminated == {"old-b": "Job 'a', on which this job depends, was not submitted"}


def test_live_job_downstream_of_unsubmitted_job_is_terminated(api, client, prior_job):
    prior = {"a": Prior(follower=FollowerState.ENDED), "b": prior_job("old-b", "PENDING")}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": None, "b": None}
    assert list(api.terminated) == ["old-b"]


def test_prior_job_is_not_mistaken_for_lost_response(api, client, prior_job):
    prior = {"a": prior_job("old-a", "FAILED")}
    api.errors["submit_job"] = [ReadTimeoutError(endpoint_url="https://batch")]

    submissions = list(submit(client, planned("a"), prior=prior))

    assert job_ids_by_key(submissions) == {"a": "job-2"}


def test_canceled_submission_stops_and_terminates_new_jobs(api, client, prior_job):
    prior = {"a": prior_job("old-a")}
    jobs = [planned("a"), planned("b", "a"), planned("c")]

    with pytest.raises(SubmissionCancelledError):
        list(submit(client, *jobs, prior=prior, is_cancelled=lambda: bool(api.submitted)))

    assert [request["jobName"] for request in api.submitted] == ["w-b"]
    assert list(api.terminated) == ["job-2"]


def test_error_does_not_terminate_adopted_jobs(api, client, prior_job):
    prior = {"a": prior_job("old-a")}
    api.errors["submit_job"] = [None, NoCredentialsError()]

    with pytest.raises(NoCredentialsError):
        list(submit(client, planned("a"), planned("b"), planned("c"), prior=prior))

    assert list(api.terminated) == ["job-2"]


def test_inline_job_definition_is_registered_once(api, client):
    definition = {
        "jobDefinitionName": "w",
        "type": "container",
        "containerProperties": {
            "image": "busybox",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1GiB"}],
        },
        "timeout": {"attemptDurationSeconds": "2m"},
    }

    list(submit(client, planned("a", definition=definition), planned("b", definition=definition)))

    ((name, revisions),) = api.definitions.items()
    assert [request["jobDefinition"] for request in api.submitted] == [f"{name}:1"] * 2
    assert revisions[1]["timeout"] == {"attemptDurationSeconds": 120}
    assert revisions[1]["containerProperties"]["resourceRequirements"][1]["value"] == "1024"


def test_invalid_job_definition_rejects_only_its_job(api, client):
    definition = {
        "jobDefinitionName": "w",
        "type": "container",
        "timeout": {"attemptDurationSeconds": "soon"},
    }

    invalid, valid = submit(client, planned("a", definition=definition), planned("b"))

    assert invalid.refusal.startswith("the job definition of job 'a': timeout: 'soon' is not a duration")
    assert valid.job.job_id == "job-1"


def test_n_to_n_dependency_requires_equal_array_sizes(api, client):
    n_to_n = PlannedDependency("a", DependencyType.N_TO_N)

    _, rejected = submit(
        client,
        planned("a", arrayProperties={"size": "3"}),
        planned("b", n_to_n, arrayProperties={"size": "4"}),
    )

    assert rejected.refusal.startswith(
        "job 'b' has array size 4 and job 'a' has array size 3. An N_TO_N dependency"
    )
    assert len(api.submitted) == 1


def test_implied_dependencies_are_not_sent(api, client):
    implied = PlannedDependency("a", owner=EdgeOwner.IMPLIED)

    list(submit(client, planned("a"), planned("b", implied)))

    assert "dependsOn" not in api.submitted[1]


def test_jobs_downstream_of_head_depend_on_it(api, client):
    head = Outcome(planned("a"), Submission("a", SubmittedJob("head", "w-a")))

    submissions = list(submit(client, planned("b", "a"), head=head))

    assert [submission.job_key for submission in submissions] == ["b"]
    assert api.submitted[0]["dependsOn"] == [{"jobId": "head"}]


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("w-a", None, "N_TO_N"),
        ("submitted-by-its-own-task", 4, "N_TO_N"),
        ("submitted-by-its-own-task", 2, None),
        ("submitted-by-its-own-task", None, None),
    ],
    ids=["submitted with workflow", "whole array", "some children", "last child"],
)
def test_n_to_n_dependency_on_array_retry(api, client, name, size, kind):
    array = {"arrayProperties": {"size": 4}}
    retry = JobSummary("retry", name, JobStatus.RUNNING, array_size=size)
    jobs = (planned("a", **array), planned("b", PlannedDependency("a", DependencyType.N_TO_N), **array))

    list(submit(client, *jobs, prior={"a": Prior([retry], FollowerState.WATCHING)}))

    assert api.submitted[0]["dependsOn"] == [{"jobId": "retry", **({"type": kind} if kind else {})}]
