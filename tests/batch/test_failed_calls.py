"""``FailedCalls``: what a wait logs while calls fail, and when it ends."""

import pytest
from botocore.exceptions import EndpointConnectionError

from airflow_batch_provider.batch.failed_calls import FailedCalls
from airflow_batch_provider.errors import AccessRefusedError
from tests.fakes import FakeClock, aws_error, throttled

EXPIRED = aws_error("DescribeJobs", 403, "ExpiredTokenException", "The security token has expired.")
DENIED = aws_error("DescribeJobs", 403, "AccessDeniedException", "User is not authorized")
DOWN = EndpointConnectionError(endpoint_url="https://batch.eu-west-9.amazonaws.com")


class Log:
    """A task's log."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text, *of):
        self.lines.append(text % of)

    warning = info


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def calls(log, clock):
    return FailedCalls("job a", limit_seconds=3600, log=log, now=clock.now)


def test_refusal_is_logged_once_with_what_aws_said_and_the_remedy(calls, log):
    for _ in range(3):
        assert calls.failed(EXPIRED) is None

    assert log.lines == [
        "Still waiting for job a for up to 3600 s (refused_timeout), although AWS cannot be asked: AWS "
        "rejected DescribeJobs: The security token has expired (ExpiredTokenException); renew the "
        "credentials of the connection"
    ]


def test_each_change_is_logged_and_the_recovery_with_its_duration(calls, log, clock):
    calls.failed(EXPIRED)
    clock.sleep(60)
    calls.failed(DENIED)
    clock.sleep(30)
    calls.succeeded()
    calls.succeeded()
    calls.failed(DENIED)

    assert [
        "ExpiredToken" in log.lines[0],
        "AccessDenied" in log.lines[1],
        "AccessDenied" in log.lines[3],
    ] == [
        True,
        True,
        True,
    ]
    assert log.lines[2] == "AWS answers again about job a, after 90 s"
    assert len(log.lines) == 4


def test_the_limit_counts_from_the_first_refusal_in_a_row(calls, clock):
    calls.failed(EXPIRED)
    clock.sleep(3599)
    assert calls.failed(DENIED) is None
    clock.sleep(1)

    error = calls.failed(DENIED)

    assert isinstance(error, AccessRefusedError)
    assert error.retryable
    assert str(error) == (
        "could not ask AWS about job a for longer than refused_timeout (3600 s): AWS rejected DescribeJobs: "
        "User is not authorized (AccessDeniedException); allow the action; `airflow-batch policy` prints the "
        "policy that a workflow needs. What runs in AWS Batch keeps running, and the next try finds it again"
    )


@pytest.mark.parametrize("between", [None, throttled("DescribeJobs")])
def test_a_success_or_another_error_restarts_the_limit(calls, clock, between):
    calls.failed(EXPIRED)
    clock.sleep(3000)
    calls.failed(between) if between else calls.succeeded()
    calls.failed(EXPIRED)
    clock.sleep(3000)

    assert calls.failed(EXPIRED) is None


def test_an_endpoint_that_is_down_is_logged_after_three_calls_and_has_no_limit(calls, log, clock):
    calls.failed(DOWN)
    calls.failed(DOWN)
    assert log.lines == []

    calls.failed(DOWN)
    clock.sleep(100_000)

    assert calls.failed(DOWN) is None
    assert log.lines == [
        'Still waiting for job a, although AWS cannot be asked: Could not connect to the endpoint URL: "https://'
        'batch.eu-west-9.amazonaws.com"; check the endpoint and the Region of the connection, DNS, proxies '
        "and firewalls"
    ]


def test_a_throttled_call_that_succeeds_when_repeated_is_not_logged(calls, log):
    for _ in range(5):
        calls.failed(throttled("DescribeJobs"))
        calls.failed(throttled("DescribeJobs"))
        calls.succeeded()

    assert log.lines == []


def test_without_a_limit_a_wait_never_ends(log, clock):
    calls = FailedCalls("job a", log=log, now=clock.now)
    calls.failed(EXPIRED)
    clock.sleep(1e9)

    assert calls.failed(EXPIRED) is None
