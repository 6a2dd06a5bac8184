"""Metrics of jobs."""

import asyncio
from datetime import timedelta

import pytest

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.hooks.metrics import JobMetrics, triggerer_metrics, worker_metrics
from tests.airflow_fakes import FakeStats
from tests.fakes import QUEUE_ARN, FakeBatchApi, job_detail, refused


@pytest.fixture
def stats():
    return FakeStats()


@pytest.fixture
def metrics(stats):
    return JobMetrics(lambda: stats)


def ended_job(status, **members):
    return JobDescription.from_aws(job_detail("a", status, **members))


@pytest.mark.parametrize("queue", ["etl", QUEUE_ARN])
def test_submitted_job_is_counted_by_queue(stats, metrics, queue):
    api = FakeBatchApi()
    client = BatchClient(api, api, on_submit=metrics.record_submit)

    client.submit({"jobName": "a", "jobQueue": queue, "jobDefinition": "d"})

    assert stats.sent == [("batch_provider.submits", 1, {"queue": "etl"})]


def test_rejected_job_is_not_counted(stats, metrics):
    api = FakeBatchApi()
    api.errors["submit_job"] = [refused("JobQueue q not found.")]

    with pytest.raises(Exception, match="not found"):
        BatchClient(api, api, on_submit=metrics.record_submit).submit(
            {"jobName": "a", "jobQueue": "q", "jobDefinition": "d"}
        )

    assert stats.sent == []


def test_ended_job_records_queue_and_run_time(stats, metrics):
    metrics.record_end(ended_job("SUCCEEDED", createdAt=1_000, startedAt=31_000, stoppedAt=91_500))

    assert stats.sent == [
        ("batch_provider.jobs_ended", 1, {"queue": "etl", "status": "SUCCEEDED"}),
        ("batch_provider.queue_time", timedelta(seconds=30), {"queue": "etl"}),
        ("batch_provider.run_time", timedelta(seconds=60.5), {"queue": "etl"}),
    ]


def test_failed_job_is_counted_by_failure_class(stats, metrics):
    metrics.record_end(ended_job("FAILED", statusReason="Dependent Job failed"))

    assert stats.sent == [
        (
            "batch_provider.jobs_ended",
            1,
            {"queue": "etl", "status": "FAILED", "failure_class": "DEPENDENCY"},
        )
    ]


def test_polls_count_calls_and_waiting_jobs(stats, metrics):
    jobs = {f"j{number}": ended_job("SUCCEEDED") for number in range(250)}
    call_sizes = []

    async def describe(job_ids):
        call_sizes.append(len(job_ids))
        return {job_id: JobDescription.from_aws(job_detail(job_id, "SUCCEEDED")) for job_id in job_ids}

    def on_poll(calls, waiting):
        metrics.record_poll("aws_default", calls, waiting)

    asyncio.run(JobPoller(describe, on_poll=on_poll).wait(jobs, interval_seconds=0))

    assert call_sizes == [100, 100, 50]
    assert stats.named("batch_provider.polls") == [(3, {"connection": "aws_default"})]
    assert stats.named("batch_provider.jobs_waiting")[-1] == (0, {"connection": "aws_default"})


def test_metrics_error_is_suppressed():
    def broken():
        raise RuntimeError("no stats")

    JobMetrics(broken).record_poll("aws_default", 1, 1)


@pytest.mark.parametrize("create_metrics", [worker_metrics, triggerer_metrics])
def test_airflow_stats_accept_metrics(create_metrics, caplog):
    metrics = create_metrics()

    with caplog.at_level("DEBUG"):
        metrics.record_submit("etl")
        metrics.record_end(ended_job("SUCCEEDED", createdAt=1_000, startedAt=31_000, stoppedAt=91_500))
        metrics.record_poll("aws_default", 3, 7)

    assert "cannot be sent" not in caplog.text
