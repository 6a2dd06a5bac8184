"""Section 1.3: reasons, exactly."""

import pytest

from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance


@conformance("C1.50")
@pytest.mark.parametrize("exit_code", [0, 1])
def test_every_container_that_exits_is_an_essential_one(stage: Cloud, exit_code: int) -> None:
    job = stage.run(containerOverrides=scripted({"exit_code": exit_code}))

    assert job["statusReason"] == "Essential container in task exited"
    assert job["attempts"][0]["statusReason"] == "Essential container in task exited"


@conformance("C1.51")
def test_a_lost_host_is_named(stage: Cloud, director: Director) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    director.reclaim(job_id, "i-0123456789abcdef0")
    job = stage.wait(job_id)

    reason = "Host EC2 (instance i-0123456789abcdef0) terminated."
    assert job["statusReason"] == job["attempts"][0]["statusReason"] == reason


@conformance("C1.52")
@pytest.mark.parametrize(
    "reason",
    [
        "CannotPullContainerError: pull access denied",
        "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s",
        "ResourceInitializationError: unable to pull secrets",
    ],
)
def test_a_task_that_does_not_start_says_why(stage: Cloud, reason: str) -> None:
    job = stage.run(containerOverrides=scripted({"start_failure": reason}))

    assert job["statusReason"] == job["attempts"][0]["statusReason"] == "Task failed to start"
    assert job["container"]["reason"] == job["attempts"][0]["container"]["reason"] == reason


@conformance("C1.53", "C6.15")
def test_a_timeout_is_named_on_job_and_attempt(stage: Cloud, director: Director) -> None:
    job_id = stage.submit(containerOverrides=FOREVER, timeout={"attemptDurationSeconds": 60})
    stage.wait(job_id, "RUNNING")

    director.pass_seconds(60)
    job = stage.wait(job_id)

    reason = "Job attempt duration exceeded timeout"
    assert job["statusReason"] == job["attempts"][0]["statusReason"] == reason
    assert job["container"]["exitCode"] == 137


@conformance("C1.54")
@pytest.mark.parametrize("exit_code", [137, 24])
def test_memory_is_a_reason_of_the_container_alone(stage: Cloud, exit_code: int) -> None:
    reason = "OutOfMemoryError: Container killed due to memory usage"

    job = stage.run(containerOverrides=scripted({"exit_code": exit_code, "reason": reason}))

    assert job["container"]["reason"] == reason
    assert job["container"]["exitCode"] == exit_code
    assert job["statusReason"] == "Essential container in task exited"


@conformance("C1.54")
def test_a_process_that_takes_too_much_memory_is_killed(cloud: Cloud) -> None:
    script = "x=$(head -c 150000000 /dev/zero | tr '\\0' x); sleep 60"
    overrides = {
        "resourceRequirements": [{"type": "MEMORY", "value": "32"}],
        "command": ["bash", "-c", script],
    }

    job = cloud.run(containerOverrides=overrides)

    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert job["container"]["exitCode"] == 137


@conformance("C1.55")
def test_a_failed_dependency_is_the_reason(stage: Cloud) -> None:
    first = stage.submit(containerOverrides=scripted({"exit_code": 1}))

    assert stage.run(dependsOn=[{"jobId": first}])["statusReason"] == "Dependent Job failed"


@conformance("C1.56")
def test_a_failed_child_is_the_reason_of_its_parent(stage: Cloud) -> None:
    array = stage.submit(
        arrayProperties={"size": 2}, containerOverrides=scripted({"index": 1, "exit_code": 1})
    )

    assert stage.wait(array)["statusReason"] == "Array Child Job failed"


@conformance("C1.57", "C5.05")
def test_a_deleted_queue_ends_its_jobs(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    job_id, array = stage.submit(), stage.submit(arrayProperties={"size": 2})
    stage.wait(job_id, "RUNNABLE")
    stage.wait(array, "PENDING")
    stage.batch.update_job_queue(jobQueue="q", state="DISABLED")
    queue_is_valid(stage)

    stage.batch.delete_job_queue(jobQueue="q")
    job, parent, child = (stage.wait(each) for each in (job_id, array, f"{array}:0"))

    assert (job["statusReason"], job["attempts"]) == ("JobQueue deleted", [])
    assert (child["statusReason"], child["attempts"]) == ("JobQueue deleted", [])
    assert parent["statusReason"] == "Array Child Job failed"


def queue_is_valid(stage: Cloud) -> None:
    def look() -> bool:
        (queue,) = stage.batch.describe_job_queues(jobQueues=["q"])["jobQueues"]
        return bool(queue["status"] == "VALID")

    eventually(look, "queue q is VALID")


@conformance("C1.58")
def test_the_callers_words_are_the_reason(stage: Cloud) -> None:
    words = 'Operator cancelled: é, "quotes" & all'
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    stage.batch.terminate_job(jobId=job_id, reason=words)
    job = stage.wait(job_id)

    assert job["statusReason"] == job["attempts"][-1]["statusReason"] == words


@conformance("C1.59", "C5.20")
def test_a_job_that_is_too_large_says_so_while_it_waits(narrow: Cloud) -> None:
    job_id = narrow.submit(containerOverrides={"resourceRequirements": [{"type": "VCPU", "value": "2"}]})

    def look() -> str | None:
        return str(narrow.describe(job_id).get("statusReason", "")) or None

    reason = eventually(look, "a reason")

    assert reason == (
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
        " cannot meet the CPU requirement of the job."
    )
    assert narrow.describe(job_id)["status"] == "RUNNABLE"


@conformance("C1.60")
def test_queues_and_environments_are_healthy(stage: Cloud) -> None:
    (queue,) = stage.batch.describe_job_queues()["jobQueues"]
    (environment,) = stage.batch.describe_compute_environments()["computeEnvironments"]

    assert queue["statusReason"] == "JobQueue Healthy"
    assert environment["statusReason"] == "ComputeEnvironment Healthy"


@conformance("C1.63")
def test_overrides_that_are_too_long_fail_the_job_and_not_its_submission(stage: Cloud) -> None:
    job = stage.run(containerOverrides={"environment": [{"name": "LONG", "value": "x" * 8192}]})

    assert (job["status"], job["attempts"]) == ("FAILED", [])
    assert job["statusReason"] == "Container Overrides length must be at most 8192"


@conformance("C1.16")
def test_a_job_that_propagates_too_many_tags_fails(stage: Cloud) -> None:
    stage.define("tagged", tags={f"d{number}": "" for number in range(30)})
    tags = {f"j{number}": "" for number in range(30)}

    kept = stage.run(jobDefinition="tagged", tags=tags)
    propagated = stage.run(jobDefinition="tagged", tags=tags, propagateTags=True)

    assert (kept["status"], propagated["status"]) == ("SUCCEEDED", "FAILED")
