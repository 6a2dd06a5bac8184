"""Section 1.1: statuses and transitions."""

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance
STATUSES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
DAY = 24 * 3600


def running(cloud: Cloud, **request: object) -> str:
    job_id = cloud.submit(containerOverrides=FOREVER, **request)
    cloud.wait(job_id, "RUNNING")
    return job_id


@conformance("C1.01")
def test_there_are_seven_statuses(stage: Cloud) -> None:
    for status in STATUSES:
        assert stage.batch.list_jobs(jobQueue="q", jobStatus=status)["jobSummaryList"] == []

    with pytest.raises(ClientError, match="SCHEDULING"):
        stage.batch.list_jobs(jobQueue="q", jobStatus="SCHEDULING")


@conformance("C1.02")
def test_a_job_that_waits_for_room_alone_is_runnable(narrow: Cloud) -> None:
    running(narrow)

    job = narrow.wait(narrow.submit(), "PENDING", "RUNNABLE")

    assert job["status"] == "RUNNABLE"


@conformance("C1.03", "C1.04")
def test_a_job_is_pending_until_all_its_dependencies_have_succeeded(stage: Cloud, director: Director) -> None:
    first, second = running(stage), running(stage)
    job_id = stage.submit(dependsOn=[{"jobId": first}, {"jobId": second}])
    stage.wait(job_id, "PENDING")

    director.end(first)
    stage.wait(first)
    halfway = stage.describe(job_id)["status"]
    director.end(second)

    assert halfway == "PENDING"
    assert stage.wait(job_id)["status"] == "SUCCEEDED"


@conformance("C1.05")
def test_one_failed_dependency_is_enough(stage: Cloud, director: Director) -> None:
    first, second = running(stage), running(stage)
    job_id = stage.submit(dependsOn=[{"jobId": first}, {"jobId": second}])
    stage.wait(job_id, "PENDING")

    director.end(first, exit_code=1)

    assert stage.wait(job_id)["status"] == "FAILED"
    assert stage.describe(second)["status"] == "RUNNING"


@conformance("C1.06")
@pytest.mark.parametrize("end", ["cancel_job", "terminate_job"])
def test_what_has_not_been_placed_can_be_ended(narrow: Cloud, end: str) -> None:
    running(narrow)
    job_id = narrow.submit()
    narrow.wait(job_id, "RUNNABLE")

    getattr(narrow.batch, end)(jobId=job_id, reason="not needed")
    job = narrow.wait(job_id)

    assert (job["status"], job["statusReason"], job["attempts"]) == ("FAILED", "not needed", [])


@conformance("C1.07", "C1.08")
def test_a_placed_job_starts_before_it_runs_and_its_timeout_waits(stage: Cloud, director: Director) -> None:
    overrides = scripted({"start_seconds": 100, "duration_seconds": 1000})
    job_id = stage.submit(containerOverrides=overrides, timeout={"attemptDurationSeconds": 60})
    stage.wait(job_id, "STARTING")

    director.pass_seconds(100)
    started = stage.wait(job_id, "RUNNING", "FAILED")
    director.pass_seconds(50)
    before = stage.describe(job_id)["status"]
    director.pass_seconds(10)

    assert (started["status"], before) == ("RUNNING", "RUNNING")
    assert stage.wait(job_id)["statusReason"] == "Job attempt duration exceeded timeout"


@conformance("C1.09")
def test_a_failed_start_is_retried_like_any_failure(stage: Cloud) -> None:
    pull = "CannotPullContainerError: no such image"
    overrides = scripted({"attempt": 1, "start_failure": pull})

    once = stage.run(containerOverrides=overrides)
    twice = stage.run(containerOverrides=overrides, retryStrategy={"attempts": 2})

    assert (once["status"], twice["status"]) == ("FAILED", "SUCCEEDED")
    assert len(twice["attempts"]) == 2


@conformance("C1.10", "C1.12")
@pytest.mark.parametrize(("exit_code", "status"), [(0, "SUCCEEDED"), (1, "FAILED"), (255, "FAILED")])
def test_the_exit_code_decides(stage: Cloud, exit_code: int, status: str) -> None:
    job = stage.run(containerOverrides=scripted({"exit_code": exit_code}))

    assert (job["status"], job["container"]["exitCode"]) == (status, exit_code)


@conformance("C1.11")
def test_a_failed_attempt_with_another_left_makes_the_job_runnable(stage: Cloud, director: Director) -> None:
    job_id = running(stage, retryStrategy={"attempts": 2})
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    director.end(job_id, exit_code=1)
    job = stage.wait(job_id, "RUNNABLE")

    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [1]
    assert "stoppedAt" not in job


@conformance("C1.13")
@pytest.mark.parametrize("exit_code", [0, 1])
def test_an_end_is_final(stage: Cloud, director: Director, exit_code: int) -> None:
    ended = stage.run(containerOverrides=scripted({"exit_code": exit_code}))

    stage.batch.cancel_job(jobId=ended["jobId"], reason="too late")
    stage.batch.terminate_job(jobId=ended["jobId"], reason="too late")
    director.pass_seconds(DAY)

    assert stage.describe(ended["jobId"]) == ended


@conformance("C1.14")
def test_a_job_may_be_runnable_for_ever(stage: Cloud, director: Director) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    job_id = stage.submit()
    stage.wait(job_id, "RUNNABLE")

    director.pass_seconds(100 * DAY)

    assert stage.describe(job_id)["status"] == "RUNNABLE"
