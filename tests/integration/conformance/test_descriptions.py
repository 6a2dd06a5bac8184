"""Section 1.2: the members of DescribeJobs, and when they are present."""

import re
from uuid import UUID

import pytest

from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance
ALWAYS = {
    *("jobArn", "jobName", "jobId", "jobQueue", "status", "createdAt", "dependsOn", "jobDefinition"),
    *("parameters", "propagateTags", "platformCapabilities", "tags", "eksAttempts", "attempts"),
    *("isCancelled", "isTerminated", "container"),
}


def blocked(cloud: Cloud) -> str:
    """Submit a job that stays RUNNABLE."""
    cloud.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    job_id = cloud.submit()
    cloud.wait(job_id, "RUNNABLE")
    return job_id


@conformance("C1.20")
def test_a_job_and_an_array_are_created_when_submitted(stage: Cloud, director: Director) -> None:
    first = stage.wait(stage.submit(containerOverrides=FOREVER), "RUNNING")
    director.pass_seconds(100)
    depends_on = [{"jobId": first["jobId"]}]
    array = stage.describe(stage.submit(arrayProperties={"size": 2}, dependsOn=depends_on))

    assert 100_000 <= array["createdAt"] - first["createdAt"] < 200_000


@conformance("C1.21")
def test_children_are_created_when_their_parent_spawns_them(stage: Cloud, director: Director) -> None:
    first = stage.submit(containerOverrides=FOREVER)
    stage.wait(first, "RUNNING")
    array = stage.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first}])
    director.pass_seconds(100)
    director.end(first)

    parent = stage.wait(array)
    child = stage.describe(f"{array}:0")

    assert child["createdAt"] - parent["createdAt"] >= 100_000


@conformance("C1.22", "C1.27")
def test_a_job_that_has_not_run_has_neither_start_nor_attempts(stage: Cloud) -> None:
    job = stage.describe(blocked(stage))

    assert not {"startedAt", "stoppedAt"} & job.keys()
    assert job["attempts"] == []


@conformance("C1.23", "C1.24", "C1.28")
def test_the_job_starts_and_stops_with_its_last_attempt(stage: Cloud, director: Director) -> None:
    overrides = scripted({"duration_seconds": 1000, "exit_code": 1})
    job_id = stage.submit(containerOverrides=overrides, retryStrategy={"attempts": 3})
    for number in range(3):
        stage.wait(job_id, "RUNNING", "FAILED")
        director.pass_seconds(1000)
        stage.wait(job_id, "RUNNING", "FAILED")
        assert len(stage.describe(job_id)["attempts"]) == number + 1

    job = stage.wait(job_id)

    starts = [attempt["startedAt"] for attempt in job["attempts"]]
    assert starts == sorted(starts)
    assert starts[2] - starts[0] >= 2_000_000
    assert job["startedAt"] == starts[-1]
    assert job["stoppedAt"] == job["attempts"][-1]["stoppedAt"]


@conformance("C1.25")
def test_task_log_stream_and_exit_code_appear_one_after_the_other(stage: Cloud, director: Director) -> None:
    job_id = stage.submit(containerOverrides=scripted({"start_seconds": 10, "duration_seconds": 10}))
    members = ("taskArn", "containerInstanceArn", "logStreamName", "exitCode")
    seen = []
    for status in ("STARTING", "RUNNING", "SUCCEEDED"):
        container = stage.wait(job_id, status)["container"]
        seen.append([member for member in members if member in container])
        director.pass_seconds(10)

    assert seen == [list(members[:2]), list(members[:3]), list(members)]


@conformance("C1.26")
def test_a_reason_is_given_only_when_there_is_one_and_is_short(stage: Cloud) -> None:
    ordinary = stage.run(containerOverrides=scripted({"exit_code": 1}))
    pull = "CannotPullContainerError: " + "x" * 300
    other = stage.run(containerOverrides=scripted({"start_failure": pull}))

    assert "reason" not in ordinary["container"] | ordinary["attempts"][0]["container"]
    assert other["container"]["reason"] == pull[:255]


@conformance("C1.29")
def test_an_attempt_has_its_task_its_times_and_its_reason(stage: Cloud) -> None:
    (attempt,) = stage.run(containerOverrides=scripted({"exit_code": 1}))["attempts"]

    assert attempt.keys() == {"container", "startedAt", "stoppedAt", "statusReason"}
    assert attempt["container"].keys() == {
        *("containerInstanceArn", "taskArn", "exitCode", "logStreamName", "networkInterfaces")
    }


@conformance("C1.30")
def test_an_attempt_that_never_ran_has_no_start(stage: Cloud) -> None:
    (attempt,) = stage.run(containerOverrides=scripted({"start_failure": "no"}))["attempts"]

    assert "startedAt" not in attempt
    assert "stoppedAt" in attempt
    assert not {"exitCode", "logStreamName"} & attempt["container"].keys()


@conformance("C1.31")
def test_an_attempt_with_a_lost_host_has_no_exit_code(stage: Cloud) -> None:
    job = stage.run(containerOverrides=scripted({"host_lost": "i-0abc"}))

    assert "exitCode" not in job["container"] | job["attempts"][0]["container"]


@conformance("C1.32", "C1.33")
def test_retry_strategy_and_timeout_are_described_if_they_were_set(stage: Cloud) -> None:
    without = stage.describe(stage.submit())
    with_both = stage.describe(
        stage.submit(retryStrategy={"attempts": 2}, timeout={"attemptDurationSeconds": 90})
    )

    assert not {"retryStrategy", "timeout"} & without.keys()
    assert with_both["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}
    assert with_both["timeout"] == {"attemptDurationSeconds": 90}


@conformance("C1.34")
def test_some_members_are_always_there(stage: Cloud) -> None:
    job = stage.describe(blocked(stage))

    assert job.keys() >= ALWAYS
    assert (job["dependsOn"], job["parameters"], job["eksAttempts"]) == ([], {}, [])
    assert job["propagateTags"] is False
    assert job["jobQueue"].endswith(":job-queue/q")
    assert job["jobDefinition"].endswith(":job-definition/d:1")


@conformance("C1.35")
def test_parameters_of_definition_and_submission_are_shown_merged(stage: Cloud) -> None:
    stage.define("with", parameters={"a": "1", "b": "2"})

    job = stage.describe(stage.submit(jobDefinition="with", parameters={"b": "3", "c": "4"}))

    assert job["parameters"] == {"a": "1", "b": "3", "c": "4"}


@conformance("C1.36", "C1.37", "C1.38")
def test_the_container_describes_what_runs(stage: Cloud) -> None:
    stage.define(
        "ref", parameters={"x": "1"}, containerProperties={"command": ["run", "Ref::x"], "user": "u"}
    )
    job = stage.run(
        jobDefinition="ref",
        containerOverrides={"environment": [{"name": "A", "value": "1"}]},
    )
    container = job["container"]

    assert (container["image"], container["command"], container["user"]) == ("busybox", ["run", "1"], "u")
    for member in ("volumes", "mountPoints", "ulimits", "networkInterfaces", "secrets"):
        assert container[member] == []
    assert container["environment"] == [{"name": "A", "value": "1"}]
    assert container["resourceRequirements"] == [
        {"type": "VCPU", "value": "1"},
        {"type": "MEMORY", "value": "512"},
    ]
    assert not {"vcpus", "memory"} & container.keys()


@conformance("C1.37")
def test_the_deprecated_members_are_shown_if_they_were_used(stage: Cloud) -> None:
    properties = {"image": "x", "command": ["run"], "vcpus": 2, "memory": 64}
    stage.batch.register_job_definition(
        jobDefinitionName="old", type="container", containerProperties=properties
    )

    container = stage.describe(stage.submit(jobDefinition="old"))["container"]

    assert (container["vcpus"], container["memory"]) == (2, 64)


@conformance("C1.39")
def test_marks_are_always_described_but_listed_only_when_true(stage: Cloud) -> None:
    stage.run()
    cancelled = blocked(stage)
    stage.batch.cancel_job(jobId=cancelled, reason="x")
    job = stage.wait(cancelled)
    (failed,) = stage.batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]
    (succeeded,) = stage.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]

    assert (job["isCancelled"], job["isTerminated"]) == (True, False)
    assert failed["isCancelled"] is True
    assert not {"isCancelled", "isTerminated"} & succeeded.keys()
    assert "isTerminated" not in failed


@conformance("C1.40")
def test_ids_are_uuids_and_part_of_the_arns(stage: Cloud) -> None:
    answer = stage.batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d", arrayProperties={"size": 2})
    job_id = answer["jobId"]
    stage.wait(job_id)

    assert UUID(job_id).version == 4
    assert str(UUID(job_id)) == job_id
    assert re.fullmatch(rf"arn:aws:batch:{stage.region}:\d{{12}}:job/{job_id}", answer["jobArn"])
    assert stage.describe(f"{job_id}:1")["jobArn"] == f"{answer['jobArn']}:1"


@conformance("C1.41")
def test_unknown_ids_are_left_out(stage: Cloud) -> None:
    known, unknown = stage.submit(), "11111111-2222-4333-8444-555555555555"

    assert [job["jobId"] for job in stage.batch.describe_jobs(jobs=[unknown, known])["jobs"]] == [known]
    assert stage.batch.describe_jobs(jobs=[unknown, "nonsense"])["jobs"] == []
