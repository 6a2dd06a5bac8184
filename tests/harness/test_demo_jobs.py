"""Rows of the demo's table, built from DescribeJobs responses."""

from typing import Any

from harness.demo_jobs import read_demo_job


def described(**members: Any) -> dict[str, Any]:
    return {"jobId": "11111111-2222", "status": "SUCCEEDED", "createdAt": 1000, **members}


def test_queued_and_run_times_are_in_seconds():
    description = described(startedAt=3500, stoppedAt=5000, container={"exitCode": 0})

    job = read_demo_job("2008-01", "clean", description)

    assert (job.queued_seconds, job.ran_seconds, job.exit_codes) == (2.5, 1.5, (0,))


def test_job_that_never_started_has_no_times():
    job = read_demo_job("2008-01", "store", described(status="FAILED", stoppedAt=5000))

    assert (job.queued_seconds, job.ran_seconds, job.exit_codes) == (None, None, ())


def test_array_job_runs_from_first_to_last_child():
    description = described(
        arrayProperties={"size": 2, "statusSummary": {"SUCCEEDED": 1, "FAILED": 1, "PENDING": 0}}
    )
    children = [
        described(startedAt=3000, stoppedAt=9000, container={"exitCode": 3}),
        described(startedAt=2000, stoppedAt=4000, container={"exitCode": 0}),
    ]

    job = read_demo_job("2008-01", "model", description, children)

    assert (job.queued_seconds, job.ran_seconds) == (1.0, 7.0)
    assert job.exit_codes == (0, 3)
    assert job.children == {"SUCCEEDED": 1, "FAILED": 1}
