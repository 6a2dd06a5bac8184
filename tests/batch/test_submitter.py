"""SubmitJob, sent so that one request makes one job."""

from collections import Counter

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    DataNotFoundError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.batch.api_errors import handling_of
from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.batch.rate_limiter import SubmitRateLimiter
from airflow_batch_provider.batch.submitter import JobSubmitter
from airflow_batch_provider.errors import AwsCallError, RequestError, SubmissionRejectedError, ThrottledError
from tests.fakes import FakeBatchApi, FakeClock, aws_error, refused, server_error, throttled

REQUEST = {"jobName": "w-a", "jobQueue": "q", "jobDefinition": "d"}
ENDPOINT = "https://batch"


def read_timeout():
    return ReadTimeoutError(endpoint_url=ENDPOINT)


def connection_closed():
    return ConnectionClosedError(endpoint_url=ENDPOINT)


class Submitting:
    """A submitter with a fake AWS Batch API and a clock that only sleeping advances."""

    def __init__(self) -> None:
        self.api = FakeBatchApi()
        self.clock = FakeClock()
        self.own_definitions: set[str] = set()
        self.rate_limiter = SubmitRateLimiter(now=self.clock.now, sleep=lambda seconds: None)
        self.submitter = JobSubmitter(
            self.api,
            BatchClient(self.api, self.api),
            rate_limiter=self.rate_limiter,
            sleep=self.clock.sleep,
            is_own_definition=self.own_definitions.__contains__,
        )

    def submit(self, known_ids=(), **members):
        return self.submitter.submit({**REQUEST, **members}, known_ids)


@pytest.fixture
def at():
    return Submitting()


@pytest.fixture
def _longest_pauses(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: high)


def test_response_is_returned_as_a_job(at):
    job = at.submit()

    assert job == SubmittedJob("job-1", "w-a", "arn:aws:batch:eu-west-1:123456789012:job/job-1")
    assert at.api.submitted == [REQUEST]
    assert at.clock.slept == []


@pytest.mark.usefixtures("_longest_pauses")
def test_a_throttled_call_is_sent_again_after_growing_pauses(at):
    at.api.errors["submit_job"] = [throttled()] * 9

    at.submit()

    assert len(at.api.submitted) == 10
    assert at.clock.slept == [0.5, 1, 2, 4, 8, 16, 20, 20, 20]


def test_pauses_have_full_jitter(at, monkeypatch):
    drawn = []
    monkeypatch.setattr("random.uniform", lambda low, high: drawn.append((low, high)) or 0.0)
    at.api.errors["submit_job"] = [throttled()] * 2

    at.submit()

    assert drawn == [(0, 0.5), (0, 1.0)]


def test_throttled_call_needs_no_lookup(at):
    at.api.errors["submit_job"] = [throttled()]

    at.submit()

    assert at.api.listed == []


def test_throttled_call_lowers_the_rate(at):
    at.api.errors["submit_job"] = [throttled()]

    at.submit()

    assert at.rate_limiter.calls_per_second == 25


def test_throttling_until_the_last_try_raises(at):
    at.api.errors["submit_job"] = [throttled()] * 99

    with pytest.raises(ThrottledError) as raised:
        at.submit()

    assert str(raised.value) == (
        "AWS Batch did not accept job 'w-a' (job queue 'q', job definition 'd') in 10 tries: "
        "Too Many Requests (TooManyRequestsException); try again later, or submit fewer jobs at a time"
    )
    assert raised.value.retryable
    assert len(at.api.submitted) == 10


@pytest.mark.parametrize("lost", [server_error, read_timeout, connection_closed])
def test_job_with_a_lost_response_is_found_and_not_sent_again(at, lost):
    at.api.lost_answers = [lost()]

    job = at.submit()

    assert job == SubmittedJob("job-1", "w-a", "arn:aws:batch:eu-west-1:123456789012:job/job-1")
    assert len(at.api.submitted) == 1


@pytest.mark.parametrize("lost", [server_error, read_timeout, connection_closed])
def test_request_that_made_no_job_is_sent_again_after_the_lookup(at, lost):
    at.api.errors["submit_job"] = [lost()]

    job = at.submit()

    assert job.job_id == "job-1"
    assert len(at.api.submitted) == 2
    assert [request["filters"] for request in at.api.listed] == [
        [{"name": "JOB_NAME", "values": ["w-a"]}]
    ] * 2


def test_job_that_is_listed_late_is_found(at):
    at.api.lost_answers = [read_timeout()]
    listed = [False, True]
    is_listed = at.api._is_listed
    at.api._is_listed = lambda *job: listed.pop(0) and is_listed(*job)

    job = at.submit()

    assert job.job_id == "job-1"
    assert len(at.api.submitted) == 1


def test_known_jobs_are_not_mistaken_for_the_lost_job(at):
    at.submit()
    at.api.errors["submit_job"] = [read_timeout()]

    job = at.submit(known_ids=["job-1"])

    assert job.job_id == "job-2"


def test_job_whose_name_differs_in_case_is_not_mistaken_for_the_lost_job(at):
    at.submit(jobName="W-A")
    at.api.errors["submit_job"] = [read_timeout()]

    job = at.submit()

    assert job == SubmittedJob("job-2", "w-a", "arn:aws:batch:eu-west-1:123456789012:job/job-2")


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url=ENDPOINT), ConnectTimeoutError(endpoint_url=ENDPOINT)]
)
def test_request_that_never_left_is_sent_again_without_a_lookup(at, error):
    at.api.errors["submit_job"] = [error]

    at.submit()

    assert len(at.api.submitted) == 2
    assert at.api.listed == []


def test_unknown_errors_are_raised_immediately(at):
    error = DataNotFoundError(data_path="batch")
    at.api.errors["submit_job"] = [error]

    with pytest.raises(DataNotFoundError) as raised:
        at.submit()

    assert raised.value is error
    assert len(at.api.submitted) == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            NoCredentialsError(),
            "no AWS credentials found; set the access key of the Airflow connection; without",
        ),
        (
            aws_error("SubmitJob", 403, "ExpiredTokenException", "The security token is expired."),
            "The security token is expired (ExpiredTokenException); renew the credentials of the connection",
        ),
    ],
)
def test_refused_credentials_are_raised_immediately_and_deserve_a_retry(at, error, text):
    at.api.errors["submit_job"] = [error]

    with pytest.raises(AwsCallError) as raised:
        at.submit()

    expected = f"AWS Batch did not accept job 'w-a' (job queue 'q', job definition 'd'): {text}"
    assert str(raised.value).startswith(expected)
    assert raised.value.retryable
    assert len(at.api.submitted) == 1
    assert at.api.listed == []


def test_an_endpoint_that_is_down_is_not_told_to_submit_fewer_jobs(at):
    at.api.errors["submit_job"] = [EndpointConnectionError(endpoint_url=ENDPOINT)] * 99

    with pytest.raises(AwsCallError, match="in 10 tries: Could not connect to the endpoint") as raised:
        at.submit()

    assert "fewer jobs" not in str(raised.value)
    assert len(at.api.submitted) == 10


@pytest.mark.parametrize(
    "error",
    [
        refused("JobDefinition name d:1 does not exist or is not in ACTIVE status"),
        aws_error("SubmitJob", 404, "ClientException", "no such revision"),
    ],
)
def test_a_job_definition_that_was_registered_seconds_ago_is_asked_for_again(at, error):
    at.own_definitions.add("d:1")
    at.api.errors["submit_job"] = [error, error]

    job = at.submit(jobDefinition="d:1")

    assert job.job_id == "job-1"
    assert len(at.api.submitted) == 3
    assert at.api.listed == []


def test_a_job_definition_that_stays_unknown_is_refused_in_the_end(at):
    at.own_definitions.add("d:1")
    at.api.errors["submit_job"] = [refused("JobDefinition name d:1 does not exist")] * 99

    with pytest.raises(SubmissionRejectedError, match=r"in 10 tries: JobDefinition name d:1 does not exist"):
        at.submit(jobDefinition="d:1")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (refused("JobQueue q not found."), "JobQueue q not found (ClientException)"),
        (
            aws_error("SubmitJob", 403, "AccessDeniedException", "User: x is not authorized"),
            "User: x is not authorized (AccessDeniedException)",
        ),
        (aws_error("SubmitJob", 404, "ClientException", "d is gone"), "d is gone (ClientException)"),
        (refused("JobQueue q is DISABLED"), "JobQueue q is DISABLED (ClientException)"),
        (refused("Job cannot have more than 20 dependencies"), None),
        (refused("Job name should match valid pattern"), None),
    ],
)
def test_rejection_is_raised_immediately_with_aws_reason(at, error, text):
    at.api.errors["submit_job"] = [error]

    with pytest.raises(SubmissionRejectedError) as raised:
        at.submit()

    handling = handling_of(error)
    text = text or f"{error.response['Error']['Message']} (ClientException)"
    assert str(raised.value) == (
        f"AWS Batch rejected job 'w-a' (job queue 'q', job definition 'd'): {text}; {handling.remedy}"
    )
    assert raised.value.retryable is handling.retries_task
    assert raised.value.why_final == handling.why_final
    assert len(at.api.submitted) == 1


def test_malformed_request_is_not_sent(at):
    with pytest.raises(RequestError) as raised:
        at.submit(retryStrategy={"evaluateOnExit": [{"onExitCode": 137}]})

    assert str(raised.value).startswith(
        "the SubmitJob request of job 'w-a' is invalid: Missing required parameter"
    )
    assert "\n" not in str(raised.value)
    assert at.api.submitted == []


def test_transiently_failing_lookup_is_repeated(at):
    at.api.lost_answers = [read_timeout()]
    at.api.errors["list_jobs"] = [throttled("ListJobs"), server_error("ListJobs"), read_timeout()]

    job = at.submit()

    assert job.job_id == "job-1"
    assert len(at.api.submitted) == 1


@pytest.mark.parametrize(
    ("error", "lookups"), [(server_error("ListJobs"), 5), (refused("no", "ListJobs"), 1)]
)
def test_nothing_is_sent_again_if_the_lookup_keeps_failing(at, error, lookups):
    at.api.lost_answers = [read_timeout()]
    at.api.errors["list_jobs"] = [error] * 99

    with pytest.raises(AwsCallError, match=r"^could not find out whether job 'w-a' .* exists: ") as raised:
        at.submit()

    assert raised.value.retryable
    assert len(at.api.submitted) == 1
    assert len(at.api.listed) == lookups


OUTCOMES = st.sampled_from(
    ["accepted", "accepted", "throttled", "500", "lost before", "lost after", "500 after"]
)


@settings(deadline=None, max_examples=200)  # a slow machine is not an error
@given(
    outcomes=st.lists(OUTCOMES, max_size=60),
    listing=st.lists(st.sampled_from(["listed", "listed", "throttled", "timeout"]), max_size=30),
    jobs=st.integers(1, 8),
)
def test_a_name_never_has_more_than_one_job(outcomes, listing, jobs):
    at = Submitting()
    before = {"throttled": throttled(), "500": server_error(), "lost before": read_timeout()}
    after = {"lost after": connection_closed(), "500 after": server_error()}
    at.api.errors["submit_job"] = [before.get(outcome) for outcome in outcomes]
    at.api.lost_answers = [after.get(outcome) for outcome in outcomes if outcome not in before]
    failing = {"throttled": throttled("ListJobs"), "timeout": read_timeout()}
    at.api.errors["list_jobs"] = [failing.get(outcome) for outcome in listing]

    answers = {}
    for number in range(jobs):
        try:
            answers[f"w-{number}"] = at.submit(jobName=f"w-{number}").job_id
        except AwsCallError:
            continue

    made = Counter(detail["jobName"] for detail in at.api.jobs.values())
    assert all(count == 1 for count in made.values())
    assert all(at.api.jobs[job_id]["jobName"] == name for name, job_id in answers.items())
