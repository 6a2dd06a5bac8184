"""Section 10: jobs with several containers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.ecs import container, register
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance


def after(name: str, condition: str) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition}]


def shell(name: str, script: str, **members: Any) -> dict[str, Any]:
    return container(name, command=["bash", "-c", script], **members)


def members(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the containers of a job by name, given its description."""
    (task,) = job["ecsProperties"]["taskProperties"]
    return {each["name"]: each for each in task["containers"]}


def exit_codes(job: dict[str, Any]) -> dict[str, int | None]:
    return {name: each.get("exitCode") for name, each in members(job).items()}


def lines(cloud: Cloud, job: dict[str, Any], name: str) -> list[str]:
    return cloud.lines({"container": members(job)[name]})


def refused(cloud: Cloud, *containers: dict[str, Any]) -> bool:
    with pytest.raises(ClientError) as refusal:
        register(cloud, *containers)
    return bool(refusal.value.response["Error"]["Code"] == "ClientException")


@conformance("C10.24")
def test_a_task_has_one_to_ten_containers(empty: Cloud) -> None:
    most = [container(str(number)) for number in range(10)]
    register(empty, *most)

    assert refused(empty)
    assert refused(empty, *most, container("one-more"))


@conformance("C10.25")
def test_one_container_at_least_is_essential(empty: Cloud) -> None:
    register(empty, container("a", essential=False), container("b", essential=True))

    assert refused(empty, container("a", essential=False), container("b", essential=False))


@conformance("C10.29")
@pytest.mark.parametrize("condition", ["COMPLETE", "SUCCESS"])
def test_a_container_cannot_wait_for_the_end_of_an_essential_one(empty: Cloud, condition: str) -> None:
    register(empty, container("a", essential=False), container("b", dependsOn=after("a", condition)))

    assert refused(empty, container("a"), container("b", dependsOn=after("a", condition)))


@conformance("C10.28", "C10.30")
def test_containers_wait_for_each_other(stage: Cloud, director: Director) -> None:
    register(
        stage,
        container("init", essential=False, **scripted({"duration_seconds": 10})),
        container("main", dependsOn=after("init", "SUCCESS"), **scripted({"duration_seconds": 10})),
    )
    job_id = stage.submit(jobDefinition="ecs")

    eventually(lambda: "logStreamName" in members(stage.describe(job_id))["init"], "init runs")
    before = stage.describe(job_id)
    director.pass_seconds(10)
    running = stage.wait(job_id, "RUNNING")
    director.pass_seconds(10)
    job = stage.wait(job_id)

    assert (before["status"], "logStreamName" in members(before)["main"]) == ("STARTING", False)
    assert exit_codes(running) == {"init": 0, "main": None}
    assert (job["status"], exit_codes(job)) == ("SUCCEEDED", {"init": 0, "main": 0})
    assert job["startedAt"] - job["createdAt"] >= 10_000


@conformance("C10.28")
def test_a_container_whose_dependency_failed_never_starts(stage: Cloud) -> None:
    register(
        stage,
        container("init", essential=False, **scripted({"exit_code": 3})),
        container("main", dependsOn=after("init", "SUCCESS")),
    )

    job = stage.run(jobDefinition="ecs")

    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert exit_codes(job) == {"init": 3, "main": None}
    assert "on whose success it depends, has exit code 3" in members(job)["main"]["reason"]
    assert "startedAt" not in job


@conformance("C10.28")
def test_completion_is_enough_where_it_is_asked_for(stage: Cloud) -> None:
    register(
        stage,
        container("init", essential=False, **scripted({"exit_code": 3})),
        container("main", dependsOn=after("init", "COMPLETE")),
    )

    job = stage.run(jobDefinition="ecs")

    assert (job["status"], exit_codes(job)) == ("SUCCEEDED", {"init": 3, "main": 0})


def test_a_dependency_that_cannot_start_holds_its_dependents_back(stage: Cloud) -> None:
    register(
        stage,
        container("init", essential=False, **scripted({"start_failure": "CannotPullContainerError: no"})),
        container("main", dependsOn=after("init", "START")),
    )

    job = stage.run(jobDefinition="ecs")

    assert job["statusReason"] == "Task failed to start"
    assert members(job)["init"]["reason"] == "CannotPullContainerError: no"
    assert "was not started" in members(job)["main"]["reason"]


@conformance("C10.34")
def test_a_container_gives_up_when_its_dependencies_take_too_long(stage: Cloud, director: Director) -> None:
    register(
        stage,
        container("init", essential=False, **FOREVER),
        container("main", startTimeout=30, dependsOn=after("init", "COMPLETE")),
    )
    job_id = stage.submit(jobDefinition="ecs")
    eventually(lambda: "logStreamName" in members(stage.describe(job_id))["init"], "init runs")

    director.pass_seconds(30)
    job = stage.wait(job_id)

    assert (job["status"], exit_codes(job)) == ("FAILED", {"init": 137, "main": None})
    assert members(job)["main"]["reason"].endswith("its dependencies were not met within 30 s")


@conformance("C10.26", "C10.33")
@pytest.mark.parametrize(("exit_code", "status"), [(0, "SUCCEEDED"), (5, "FAILED")])
def test_the_end_of_an_essential_container_is_the_end_of_all(
    stage: Cloud, exit_code: int, status: str
) -> None:
    register(
        stage,
        container("main", **scripted({"exit_code": exit_code})),
        container("sidecar", essential=False, **FOREVER),
        container("other", **FOREVER),
    )

    job = stage.run(jobDefinition="ecs")

    assert (job["status"], job["container"]) == (status, {})
    assert job["statusReason"] == "Essential container in task exited"
    assert exit_codes(job)["main"] == exit_code
    (listed,) = stage.batch.list_jobs(jobQueue="q", jobStatus=status)["jobSummaryList"]
    assert listed["container"]["exitCode"] == exit_code


@conformance("C10.27")
def test_the_failure_of_another_container_ends_nothing(stage: Cloud, director: Director) -> None:
    register(
        stage,
        container("main", **scripted({"duration_seconds": 10})),
        container("sidecar", essential=False, **scripted({"exit_code": 9})),
    )
    job_id = stage.submit(jobDefinition="ecs")
    stage.wait(job_id, "RUNNING")
    eventually(lambda: "exitCode" in members(stage.describe(job_id))["sidecar"], "the sidecar has ended")

    director.pass_seconds(10)
    job = stage.wait(job_id)

    assert (job["status"], exit_codes(job)) == ("SUCCEEDED", {"main": 0, "sidecar": 9})


@conformance("C10.32")
def test_every_attempt_shows_every_container(stage: Cloud) -> None:
    register(
        stage,
        container(
            "main",
            dependsOn=after("init", "COMPLETE"),
            **scripted({"attempt": 1, "exit_code": 3, "reason": "broken"}),
        ),
        container("init", essential=False),
        retryStrategy={"attempts": 2, "evaluateOnExit": [{"onExitCode": "3", "action": "RETRY"}]},
    )

    first, second = stage.run(jobDefinition="ecs")["attempts"]

    (task,) = first["taskProperties"]
    main, init = task["containers"]
    assert (main["name"], main["exitCode"], main["reason"]) == ("main", 3, "broken")
    assert (init["name"], init["exitCode"]) == ("init", 0)
    assert main["networkInterfaces"] == []
    assert (first["container"], task["taskArn"][:12]) == ({}, "arn:aws:ecs:")
    assert second["taskProperties"][0]["containers"][0]["exitCode"] == 0
    assert second["taskProperties"][0]["taskArn"] != task["taskArn"]


@conformance("C10.31")
def test_overrides_find_their_container(stage: Cloud) -> None:
    register(stage, container("main"), container("sidecar", essential=False))
    variables = [{"name": "MINE", "value": "1"}]
    more = [{"type": "VCPU", "value": "3"}]
    overrides = {
        "taskProperties": [
            {
                "containers": [
                    {"name": "sidecar", "environment": variables, "resourceRequirements": more},
                    {"name": "main", "command": ["Ref::what"]},
                ]
            }
        ]
    }

    job = stage.run(jobDefinition="ecs", ecsPropertiesOverride=overrides, parameters={"what": "ls"})

    main, sidecar = members(job)["main"], members(job)["sidecar"]
    assert (main["command"], main["environment"]) == (["ls"], [])
    assert (sidecar["command"], sidecar["environment"]) == (["true"], variables)
    assert {each["type"]: each["value"] for each in sidecar["resourceRequirements"]}["VCPU"] == "3"


@conformance("C10.31")
def test_an_override_of_several_containers_names_one(stage: Cloud) -> None:
    register(stage, container("main"), container("sidecar"))
    overrides = {"taskProperties": [{"containers": [{"command": ["x"]}]}]}

    with pytest.raises(ClientError, match="refers to container None; the task has main, sidecar"):
        stage.submit(jobDefinition="ecs", ecsPropertiesOverride=overrides)


def test_a_job_takes_the_room_of_all_its_containers(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 3})
    register(stage, container("main", **FOREVER), container("sidecar", **FOREVER))
    first, second = stage.submit(jobDefinition="ecs"), stage.submit(jobDefinition="ecs")

    stage.wait(first, "RUNNING")
    waiting = stage.wait(second, "RUNNABLE")
    snapshot = stage.batch.get_job_queue_snapshot(jobQueue="q")

    assert waiting["status"] == "RUNNABLE"
    assert snapshot["queueUtilization"]["totalCapacityUsage"][0]["quantity"] == 2.0


def test_an_array_may_have_several_containers(stage: Cloud) -> None:
    register(
        stage,
        container("main", **scripted({"index": 1, "exit_code": 4})),
        container("sidecar", essential=False, **FOREVER),
    )

    array = stage.submit(jobDefinition="ecs", arrayProperties={"size": 2})
    stage.wait(array)

    assert exit_codes(stage.describe(f"{array}:0")) == {"main": 0, "sidecar": 137}
    assert exit_codes(stage.describe(f"{array}:1"))["main"] == 4


def test_a_lost_host_takes_all_containers(stage: Cloud, director: Director) -> None:
    register(stage, container("main", **FOREVER), container("sidecar", essential=False, **FOREVER))
    job_id = stage.submit(jobDefinition="ecs")
    stage.wait(job_id, "RUNNING")

    director.reclaim(job_id, "i-0abc")
    job = stage.wait(job_id)

    assert job["statusReason"] == "Host EC2 (instance i-0abc) terminated."
    assert exit_codes(job) == {"main": None, "sidecar": None}


def test_a_script_can_select_a_container(stage: Cloud, director: Director) -> None:
    register(stage, container("main"), container("sidecar", essential=False))
    script = scripted({"container": "sidecar", "duration_seconds": 10**6})["environment"]
    overrides = {
        "taskProperties": [{"containers": [{"name": n, "environment": script} for n in ("main", "sidecar")]}]
    }

    job = stage.run(jobDefinition="ecs", ecsPropertiesOverride=overrides)

    assert exit_codes(job) == {"main": 0, "sidecar": 137}


# As processes.


@conformance("C10.35")
def test_processes_have_environments_and_logs_of_their_own(cloud: Cloud) -> None:
    register(
        cloud,
        shell("init", "echo $MINE $AWS_BATCH_JOB_ATTEMPT", essential=False),
        shell("main", "echo $MINE; pwd; exit 4", dependsOn=after("init", "SUCCESS")),
    )
    overrides = {
        "taskProperties": [
            {
                "containers": [
                    {"name": name, "environment": [{"name": "MINE", "value": name}]}
                    for name in ("init", "main")
                ]
            }
        ]
    }

    job = cloud.run(jobDefinition="ecs", ecsPropertiesOverride=overrides)

    assert (job["status"], exit_codes(job)) == ("FAILED", {"init": 0, "main": 4})
    assert lines(cloud, job, "init") == ["init 1"]
    assert lines(cloud, job, "main")[0] == "main"
    (task,) = job["ecsProperties"]["taskProperties"]
    task_id = task["taskArn"].rpartition("/")[2]
    assert members(job)["main"]["logStreamName"] == f"ecs/main/{task_id}"


def test_a_sidecar_that_outlives_the_job_is_stopped(cloud: Cloud) -> None:
    register(
        cloud,
        shell("sidecar", "trap 'echo heard; exit 0' TERM; echo ready; while :; do sleep 0.1; done"),
        shell("main", "sleep 0.5", dependsOn=after("sidecar", "START")),
    )

    job = cloud.run(jobDefinition="ecs")

    assert (job["status"], exit_codes(job)["main"]) == ("SUCCEEDED", 0)
    assert exit_codes(job)["sidecar"] is not None


def test_an_init_process_leaves_the_next_one_alone(cloud: Cloud) -> None:
    """Daemonized processes of one container are killed; the other containers of its task are not."""
    register(
        cloud,
        shell("init", "setsid sleep 300 & exit 0", essential=False),
        shell("main", "sleep 1", dependsOn=after("init", "COMPLETE")),
    )

    job = cloud.run(jobDefinition="ecs")

    assert (job["status"], exit_codes(job)) == ("SUCCEEDED", {"init": 0, "main": 0})


def test_terminate_ends_all_processes(cloud: Cloud) -> None:
    register(cloud, shell("main", "sleep 300"), shell("sidecar", "sleep 300", essential=False))
    job_id = cloud.submit(jobDefinition="ecs")
    cloud.wait(job_id, "RUNNING")

    cloud.batch.terminate_job(jobId=job_id, reason="enough")
    job = cloud.wait(job_id)

    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert exit_codes(job) == {"main": 143, "sidecar": 143}


@conformance("C10.34")
def test_a_container_may_have_a_grace_of_its_own(cloud: Cloud) -> None:
    """The server's grace period is one second here."""
    register(
        cloud,
        shell("main", "sleep 0.5", dependsOn=after("slow", "START")),
        shell(
            "slow",
            "trap 'sleep 1.5; exit 5' TERM; echo ready; while :; do sleep 0.1; done",
            essential=False,
            stopTimeout=60,
        ),
    )

    job = cloud.run(jobDefinition="ecs")

    assert exit_codes(job) == {"main": 0, "slow": 5}
