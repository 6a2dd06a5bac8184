"""Log records of job status changes, as text and fields."""

import pytest

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.hooks.job_logger import JobLogger
from airflow_batch_provider.hooks.metrics import JobMetrics
from tests.airflow_fakes import FakeStats
from tests.fakes import job_detail


class Log:
    """Airflow logger that records the text and fields of each message."""

    def __init__(self):
        self.records = []

    def info(self, text, *arguments, **fields):
        self.records.append((text % arguments, fields))


@pytest.fixture
def log():
    return Log()


def job(status, **members):
    return JobDescription.from_aws(job_detail("a", status, **members))


def array(done):
    return job("PENDING", arrayProperties={"size": 10, "statusSummary": {"SUCCEEDED": done}})


def test_status_change_is_logged_once_with_fields(log):
    log_job = JobLogger(log)
    failure = {
        "statusReason": "Host EC2 (instance i-0123) terminated.",
        "createdAt": 1_000,
        "startedAt": 31_000,
        "stoppedAt": 91_500,
        "attempts": [{}, {}],
    }

    for description in (job("RUNNABLE"), job("RUNNABLE"), job("FAILED", **failure)):
        log_job(description)

    first, second = log.records
    assert first == (
        "Job a 'name-of-a' is RUNNABLE",
        {"job_id": "a", "job_name": "name-of-a", "job_queue": "etl", "job_status": "RUNNABLE"},
    )
    assert second[1] == {
        "job_id": "a",
        "job_name": "name-of-a",
        "job_queue": "etl",
        "job_status": "FAILED",
        "job_status_reason": "Host EC2 (instance i-0123) terminated.",
        "attempt": 2,
        "failure_class": "SPOT",
        "queue_seconds": 30.0,
        "run_seconds": 60.5,
    }


def test_array_progress_is_logged_without_fields(log):
    log_job = JobLogger(log)
    failing = {"arrayProperties": {"size": 10, "statusSummary": {"FAILED": 1}}}

    log_job(array(0))
    log_job(job("PENDING", **failing))

    assert log.records[1] == ("Job a 'name-of-a' is PENDING, array: 0 of 10 succeeded, 1 failed", {})


def test_ended_job_is_counted_once(log):
    stats = FakeStats()
    log_job = JobLogger(log, JobMetrics(lambda: stats))

    for description in (job("RUNNING"), job("SUCCEEDED"), job("SUCCEEDED")):
        log_job(description)

    assert len(stats.named("batch_provider.jobs_ended")) == 1
