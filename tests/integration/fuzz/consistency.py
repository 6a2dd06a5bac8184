"""Invariants of a server's state."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from tests.integration.fuzz.in_process import InProcessBatch

PARENT_STATUSES = {"SUBMITTED", "PENDING", "SUCCEEDED", "FAILED"}


def check_state(batch: InProcessBatch) -> None:
    """Assert that descriptions, listings and counts are consistent."""
    for name in list(batch.region.scheduler.queues):
        for status in JobStatus:
            jobs = _listed(batch, jobQueue=name, jobStatus=status.value)
            described = _described(batch, [job["jobId"] for job in jobs])
            assert {job["status"] for job in described} <= {status.value}
            assert len(described) == len(jobs)
            for job in described:
                _check_job(job)
    _check_capacity(batch)


def _listed(batch: InProcessBatch, **selector: str) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = []
    page = batch.read("ListJobs", **selector, maxResults=50)
    jobs += page["jobSummaryList"]
    while "nextToken" in page:
        page = batch.read("ListJobs", **selector, maxResults=50, nextToken=page["nextToken"])
        jobs += page["jobSummaryList"]
    return jobs


def _described(batch: InProcessBatch, job_ids: list[str]) -> list[dict[str, Any]]:
    pages = [job_ids[start : start + 100] for start in range(0, len(job_ids), 100)]
    return [job for page in pages for job in batch.read("DescribeJobs", jobs=page)["jobs"]]


def _check_job(job: dict[str, Any]) -> None:
    is_final = job["status"] in ("SUCCEEDED", "FAILED")
    assert ("stoppedAt" in job) == is_final
    assert job["createdAt"] <= job.get("startedAt", job["createdAt"])
    assert job.get("startedAt", 0) <= job.get("stoppedAt", job.get("startedAt", 0))
    assert len(job["attempts"]) <= job.get("retryStrategy", {}).get("attempts", 1)
    array = job.get("arrayProperties", {})
    if "size" not in array:
        return
    assert job["status"] in PARENT_STATUSES
    counts = array["statusSummary"]
    assert sum(counts.values()) in (0, array["size"])
    if sum(counts.values()) and is_final:
        assert counts["SUCCEEDED"] + counts["FAILED"] == array["size"]
        assert (job["status"] == "FAILED") == (counts["FAILED"] > 0)


def _check_capacity(batch: InProcessBatch) -> None:
    """Assert that the usage of compute environments is that of their jobs."""
    held: dict[str, int] = {}
    for job in all_jobs(batch):
        if job.status.occupies_host:
            assert job.current is not None
            environment = job.current.environment.name
            held[environment] = held.get(environment, 0) + job.spec.millicpus
    for environment in batch.region.environments.values():
        assert environment.in_use == held.get(environment.name, 0)


def all_jobs(batch: InProcessBatch) -> list[Job]:
    """Return all jobs, array jobs and children that the server knows."""
    jobs = [
        job
        for queue in batch.region.scheduler.queues.values()
        for job in batch.region.job_index(queue).newest_first(None)
    ]
    return [each for job in jobs for each in (job, *(job.children or ()))]
