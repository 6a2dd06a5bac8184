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
def there(api):
    """Put a job that an earlier try has submitted; what is known of it before the workflow is submitted."""

    def put(job_id, status="RUNNING", follower=FollowerState.PENDING, name=None):
        name = name or f"w-{job_id.removeprefix('old-')}"
        api.put(job_id, status, jobName=name)
        return Prior([JobSummary(job_id, name, JobStatus(status))], follower)

    return put


def outcome(submissions):
    return {submission.job_key: submission.job and submission.job.job_id for submission in submissions}


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
        "b": "AWS Batch rejected job 'w-b': "
        "JobDefinition name bad does not exist or is not in ACTIVE status (ClientException)",
        "c": None,
        "d": "it depends on job 'b', which was not submitted",
        "e": "it depends on job 'd', which was not submitted",
    }
    assert [request["jobName"] for request in api.submitted] == ["w-a", "w-b", "w-c"]
    assert api.terminated == {}


def test_a_request_that_cannot_be_sent_is_a_refusal_of_that_job_alone(api, client):
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
def test_an_error_midway_terminates_what_was_started(api, client, error, raised):
    api.errors["submit_job"] = [None, None, error]

    with pytest.raises(raised) as caught:
        list(submit(client, planned("a"), planned("b"), planned("c"), planned("d")))

    assert caught.value is error
    assert api.terminated == dict.fromkeys(
        ["job-1", "job-2"], "The submission of this job's workflow was not completed"
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
    api.errors["submit_job"] = [None, None, NoCredentialsError()]
    api.unterminable = {"job-1"}

    with caplog.at_level(logging.ERROR), pytest.raises(NoCredentialsError):
        list(submit(client, planned("a"), planned("b"), planned("c")))

    assert list(api.terminated) == ["job-2"]
    assert "did not terminate these jobs: job-1" in caplog.text


def test_an_answer_that_is_lost_midway_stops_nothing(api, client):
    api.lost_answers = [None, ReadTimeoutError(endpoint_url="https://batch")]

    submissions = list(submit(client, planned("a"), planned("b", "a"), planned("c", "b")))

    assert outcome(submissions) == {"a": "job-1", "b": "job-2", "c": "job-3"}
    assert len(api.submitted) == 3
    assert api.terminated == {}


@pytest.mark.parametrize("status", ["RUNNABLE", "RUNNING", "SUCCEEDED"])
def test_a_job_that_is_there_already_is_adopted(api, client, there, status):
    prior = {"a": there("old-a", status)}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert outcome(submissions) == {"a": "old-a", "b": "job-2"}
    assert [submission.is_new for submission in submissions] == [False, True]
    assert [request["jobName"] for request in api.submitted] == ["w-b"]
    assert api.submitted[0]["dependsOn"] == [{"jobId": "old-a"}]


def test_a_job_is_adopted_whatever_label_stands_behind_its_name(api, client, there):
    prior = {"a": there("old-a", name="w-a-prices-of-2006")}

    submissions = list(submit(client, planned("a"), prior=prior))

    assert outcome(submissions) == {"a": "old-a"}


def test_a_job_of_an_earlier_epoch_is_replaced(api, client, there):
    prior = {"a": there("old-a", name="w-before-a")}

    submissions = list(submit(client, planned("a"), prior=prior))

    assert outcome(submissions) == {"a": "job-2"}
    assert api.terminated == {"old-a": "Superseded by a new submission of this job"}


def test_a_job_that_depends_on_a_renewed_one_is_replaced_too(api, client, there):
    prior = {"a": there("old-a", "FAILED"), "b": there("old-b", "PENDING"), "c": there("old-c")}

    submissions = list(submit(client, planned("a"), planned("b", "a"), planned("c"), prior=prior))

    assert outcome(submissions) == {"a": "job-4", "b": "job-5", "c": "old-c"}
    assert list(api.terminated) == ["old-b"]
    assert api.submitted[1]["dependsOn"] == [{"jobId": "job-4"}]


def test_a_job_that_is_watched_is_kept_even_if_what_it_depends_on_is_renewed(api, client, there):
    prior = {"b": there("old-b", follower=FollowerState.WATCHING)}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert outcome(submissions) == {"a": "job-2", "b": "old-b"}
    assert api.terminated == {}


@pytest.mark.parametrize("follower", [FollowerState.WATCHING, FollowerState.ENDED])
def test_jobs_behind_one_that_is_followed_are_kept_for_tasks_to_come(api, client, there, follower):
    prior = {
        "a": there("old-a", "RUNNING" if follower is FollowerState.WATCHING else "SUCCEEDED", follower),
        "b": there("old-b", "PENDING", name="then-w-b"),
        "c": there("old-c", "PENDING", name="then-w-c"),
    }

    submissions = list(submit(client, planned("a"), planned("b", "a"), planned("c", "b"), prior=prior))

    assert outcome(submissions) == {"a": "old-a", "b": "old-b", "c": "old-c"}
    assert (api.submitted, api.terminated) == ([], {})


def test_a_job_of_an_earlier_epoch_is_renewed_where_one_that_it_depends_on_has_no_task_yet(
    api, client, there
):
    prior = {
        "a": there("old-a", follower=FollowerState.WATCHING),
        "b": there("old-b", name="then-w-b"),
        "c": there("old-c", "PENDING", name="then-w-c"),
    }

    submissions = list(submit(client, planned("a"), planned("b"), planned("c", "a", "b"), prior=prior))

    assert outcome(submissions) == {"a": "old-a", "b": "job-4", "c": "job-5"}
    assert list(api.terminated) == ["old-b", "old-c"]


def test_a_failed_job_behind_one_that_is_followed_is_submitted_anew(api, client, there):
    prior = {"a": there("old-a", follower=FollowerState.WATCHING), "b": there("old-b", "FAILED")}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert outcome(submissions) == {"a": "old-a", "b": "job-3"}
    assert api.submitted[0]["dependsOn"] == [{"jobId": "old-a"}]


def test_a_job_whose_task_has_ended_is_not_submitted(api, client, there):
    prior = {"a": there("old-a", "FAILED", FollowerState.ENDED), "b": Prior(follower=FollowerState.ENDED)}

    submissions = list(submit(client, planned("a"), planned("b"), prior=prior))

    assert outcome(submissions) == {"a": "old-a", "b": None}
    assert submissions[1].refusal == (
        "its task has already ended, so no task would follow the job; to submit the job, clear that task too"
    )
    assert api.submitted == []


def test_a_live_job_that_needs_a_refused_one_is_terminated(api, client, there):
    api.refusals["bad"] = refused("no")
    prior = {"b": there("old-b", "PENDING")}

    submissions = list(submit(client, planned("a", definition="bad"), planned("b", "a"), prior=prior))

    assert submissions[1].refusal == "it depends on job 'a', which was not submitted"
    assert list(api.terminated) == ["old-b"]


def test_a_live_job_that_needs_one_that_is_not_submitted_is_terminated(api, client, there):
    prior = {"a": Prior(follower=FollowerState.ENDED), "b": there("old-b", "PENDING")}

    submissions = list(submit(client, planned("a"), planned("b", "a"), prior=prior))

    assert outcome(submissions) == {"a": None, "b": None}
    assert list(api.terminated) == ["old-b"]


def test_a_job_that_was_there_is_not_taken_for_a_lost_answer(api, client, there):
    prior = {"a": there("old-a", "FAILED")}
    api.errors["submit_job"] = [ReadTimeoutError(endpoint_url="https://batch")]

    submissions = list(submit(client, planned("a"), prior=prior))

    assert outcome(submissions) == {"a": "job-2"}


def test_a_cancelled_submission_sends_no_more_and_terminates_what_is_new(api, client, there):
    prior = {"a": there("old-a")}
    jobs = [planned("a"), planned("b", "a"), planned("c")]

    with pytest.raises(SubmissionCancelledError):
        list(submit(client, *jobs, prior=prior, is_cancelled=lambda: bool(api.submitted)))

    assert [request["jobName"] for request in api.submitted] == ["w-b"]
    assert list(api.terminated) == ["job-2"]


def test_an_error_midway_leaves_adopted_jobs_alone(api, client, there):
    prior = {"a": there("old-a")}
    api.errors["submit_job"] = [None, NoCredentialsError()]

    with pytest.raises(NoCredentialsError):
        list(submit(client, planned("a"), planned("b"), planned("c"), prior=prior))

    assert list(api.terminated) == ["job-2"]


def test_a_job_definition_in_the_request_is_registered_and_named(api, client):
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


def test_a_job_definition_that_cannot_be_registered_refuses_its_job_alone(api, client):
    definition = {
        "jobDefinitionName": "w",
        "type": "container",
        "timeout": {"attemptDurationSeconds": "soon"},
    }

    bad, good = submit(client, planned("a", definition=definition), planned("b"))

    assert bad.refusal.startswith("the job definition of job 'a': timeout: 'soon' is not a duration")
    assert good.job.job_id == "job-1"


def test_arrays_that_are_paired_must_be_of_one_size(api, client):
    n_to_n = PlannedDependency("a", DependencyType.N_TO_N)

    _, refused_one = submit(
        client,
        planned("a", arrayProperties={"size": "3"}),
        planned("b", n_to_n, arrayProperties={"size": "4"}),
    )

    assert refused_one.refusal.startswith(
        "job 'b' has array size 4 and job 'a' has array size 3. An N_TO_N dependency"
    )
    assert len(api.submitted) == 1


def test_dependencies_that_are_not_batchs_are_not_sent(api, client):
    implied = PlannedDependency("a", owner=EdgeOwner.IMPLIED)

    list(submit(client, planned("a"), planned("b", implied)))

    assert "dependsOn" not in api.submitted[1]


def test_jobs_behind_a_head_depend_on_it(api, client):
    head = Outcome(planned("a"), Submission("a", SubmittedJob("head", "w-a")))

    submissions = list(submit(client, planned("b", "a"), head=head))

    assert [submission.job_key for submission in submissions] == ["b"]
    assert api.submitted[0]["dependsOn"] == [{"jobId": "head"}]


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("w-a", None, "N_TO_N"),
        ("by-its-own-task", 4, "N_TO_N"),
        ("by-its-own-task", 2, None),
        ("by-its-own-task", None, None),
    ],
    ids=["its own submission", "a whole array", "some of its children", "its last child"],
)
def test_what_is_paired_with_an_array_waits_for_all_of_a_retry_of_some_of_its_children(
    api, client, name, size, kind
):
    array = {"arrayProperties": {"size": 4}}
    retry = JobSummary("retry", name, JobStatus.RUNNING, array_size=size)
    jobs = (planned("a", **array), planned("b", PlannedDependency("a", DependencyType.N_TO_N), **array))

    list(submit(client, *jobs, prior={"a": Prior([retry], FollowerState.WATCHING)}))

    assert api.submitted[0]["dependsOn"] == [{"jobId": "retry", **({"type": kind} if kind else {})}]
