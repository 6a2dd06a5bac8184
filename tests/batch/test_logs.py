"""Logs of jobs."""

import logging
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.logs import JobLogs
from tests.fakes import FakeLogsApi, aws_error, job_detail

JOB = replace(JobDescription.from_aws(job_detail("j1", "FAILED")), log_stream="step/default/1")


def test_the_tail_is_the_last_lines_of_the_default_group():
    logs = JobLogs(FakeLogsApi({("/aws/batch/job", "step/default/1"): ["one", "two", "three"]}))

    assert logs.tail(JOB, 2) == ["two", "three"]


def test_the_group_of_the_definition_is_asked_instead():
    logs = JobLogs(FakeLogsApi({("/own", "step/default/1"): ["own"]}))

    assert logs.tail(replace(JOB, log_group="/own"), 5) == ["own"]


def test_a_job_that_never_started_has_no_lines():
    assert JobLogs(FakeLogsApi()).tail(replace(JOB, log_stream=None), 5) == []


@pytest.mark.parametrize(
    "error",
    [
        None,
        aws_error("GetLogEvents", 403, "AccessDeniedException", "no"),
        EndpointConnectionError(endpoint_url="https://logs"),
    ],
    ids=["unknown stream", "denied", "no network"],
)
def test_a_log_that_cannot_be_read_is_a_warning_and_no_error(error, caplog):
    api = FakeLogsApi()
    api.error = error

    with caplog.at_level(logging.WARNING):
        lines = JobLogs(api).tail(JOB, 5)

    assert lines == []
    assert "The log of job 'name-of-j1' (j1) cannot be read" in caplog.text
