"""Reading the logs of jobs."""

import pytest
from botocore.exceptions import EndpointConnectionError

from airflow_batch_provider.batch.logs import JobLogs, LogTail
from tests.fakes import FakeLogsApi, aws_error

STREAM = "step/default/1"


def logs_of(lines, **settings):
    return JobLogs(FakeLogsApi({("/aws/batch/job", STREAM): lines}), **settings)


def numbered(count):
    return [f"line {number}" for number in range(count)]


def test_short_log_is_read_completely():
    assert logs_of(["one", "two"]).read(STREAM, lines_max=10) == LogTail(("one", "two"))


def test_log_group_of_the_job_definition_is_used():
    logs = JobLogs(FakeLogsApi({("/own", STREAM): ["own"]}))

    assert logs.read(STREAM, "/own", lines_max=5) == LogTail(("own",))


def test_all_pages_are_read_until_the_token_repeats():
    text = logs_of(numbered(10_001)).read(STREAM, lines_max=20_000)

    assert text == LogTail(tuple(numbered(10_001)))


def test_empty_page_is_not_the_end():
    api = FakeLogsApi({("/aws/batch/job", STREAM): numbered(6)})
    api.page_sizes = [2, 0, 0, 3]

    assert JobLogs(api).read(STREAM, lines_max=10) == LogTail(tuple(numbered(6)))


def test_last_lines_are_kept_and_earlier_ones_counted():
    text = logs_of(numbered(10_001)).read(STREAM, lines_max=3)

    assert text == LogTail(("line 9998", "line 9999", "line 10000"), omitted=9_998)


def test_zero_lines_max_counts_all_lines():
    assert logs_of(numbered(7)).read(STREAM, lines_max=0) == LogTail((), omitted=7)


@pytest.mark.parametrize("lines_max", [4, 60])
def test_a_log_too_long_to_count_is_read_from_its_end(lines_max):
    api = FakeLogsApi({("/aws/batch/job", STREAM): numbered(100)})
    api.page_sizes = [10, 10]

    text = JobLogs(api, pages_max=2).read(STREAM, lines_max=lines_max)

    assert text.lines == tuple(numbered(100)[-lines_max:])
    assert text.is_lower_bound
    assert text.omitted == max(20 - lines_max, 0)


@pytest.mark.parametrize(
    ("error", "text_of_error"),
    [
        (None, "The specified log stream does not exist"),
        (aws_error("GetLogEvents", 403, "AccessDeniedException", "no"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="https://logs"), "https://logs"),
    ],
    ids=["unknown stream", "denied", "no network"],
)
def test_unreadable_log_returns_the_error(error, text_of_error):
    api = FakeLogsApi()
    api.error = error

    text = JobLogs(api).read(STREAM, lines_max=5)

    assert text.lines == ()
    assert text_of_error in text.error


def test_lines_read_before_an_error_are_kept():
    api = FakeLogsApi({("/aws/batch/job", STREAM): numbered(9)})
    api.page_sizes = [4]
    api.error_on_call = {2: aws_error("GetLogEvents", 400, "ThrottlingException", "Rate exceeded")}

    text = JobLogs(api).read(STREAM, lines_max=3)

    assert text.lines == ("line 1", "line 2", "line 3")
    assert text.omitted == 1
    assert "Rate exceeded" in text.error
