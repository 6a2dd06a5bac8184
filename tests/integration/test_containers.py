from collections.abc import Iterator
from typing import Any

import pytest

from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.runners.docker.container import DockerSettings
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud, eventually
from tests.integration.ecs import container, register
from tests.integration.fake_engine import FakeEngine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    with FakeEngine(tmp_path_factory.mktemp("engine") / "s") as engine:
        yield engine


@pytest.fixture(scope="module")
def docker_server(engine: FakeEngine) -> Iterator[LocalBatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", engine.host)
        with LocalBatch.start(Options(runner="docker", grace_seconds=3, min_timeout_seconds=1)) as local:
            yield local


@pytest.fixture
def cloud(docker_server: LocalBatch) -> Cloud:
    cloud = Cloud(docker_server.url)
    cloud.set_up()
    return cloud


def created_for(engine: FakeEngine, job_id: str) -> dict[str, Any]:
    (request,) = [request for request in engine.created if f"AWS_BATCH_JOB_ID={job_id}" in request["Env"]]
    return request


def test_a_container_runs_and_its_output_is_logged(cloud: Cloud, engine: FakeEngine) -> None:
    job = cloud.run("echo", "hello", "world")

    assert (job["status"], job["container"]["exitCode"]) == ("SUCCEEDED", 0)
    assert cloud.lines(job) == ["hello world", "to stderr"]
    assert engine.containers == {}


def test_output_can_be_read_while_the_container_runs(cloud: Cloud) -> None:
    job_id = cloud.submit("sleep")
    job = cloud.wait(job_id, "RUNNING")

    assert eventually(lambda: cloud.lines(job), "a line") == ["sleeping"]
    cloud.batch.terminate_job(jobId=job_id, reason="seen")
    cloud.wait(job_id)


def test_the_exit_code_is_that_of_the_container(cloud: Cloud) -> None:
    job = cloud.run("exit", "7")

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 7)
    assert job["statusReason"] == "Essential container in task exited"


def test_exceeding_the_memory_is_reported_as_on_aws(cloud: Cloud) -> None:
    job = cloud.run("oom")

    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_the_container_gets_limits_and_environment(
    cloud: Cloud, engine: FakeEngine, docker_server: LocalBatch
) -> None:
    overrides = {"environment": [{"name": "A", "value": "b"}], "command": ["exit", "0"]}
    array = cloud.submit(containerOverrides=overrides, arrayProperties={"size": 2})
    cloud.wait(array)

    request = created_for(engine, f"{array}:1")

    assert request["Image"] == "busybox"
    assert request["HostConfig"]["Memory"] == request["HostConfig"]["MemorySwap"] == 512 * 1024 * 1024
    assert request["HostConfig"]["CpuShares"] == 1024
    assert request["HostConfig"]["NetworkMode"] == "host"
    assert {
        *("A=b", "AWS_BATCH_JOB_ARRAY_INDEX=1", f"AWS_DEFAULT_REGION={cloud.region}"),
        f"AWS_ENDPOINT_URL={docker_server.url}",
    } <= set(request["Env"])


def test_volumes_and_linux_parameters_are_passed_on(cloud: Cloud, engine: FakeEngine) -> None:
    cloud.define(
        "mounted",
        containerProperties={
            "command": ["exit", "0"],
            "user": "nobody",
            "privileged": True,
            "volumes": [{"name": "data", "host": {"sourcePath": "/srv"}}, {"name": "scratch", "host": {}}],
            "mountPoints": [
                {"sourceVolume": "data", "containerPath": "/data", "readOnly": True},
                {"sourceVolume": "scratch", "containerPath": "/scratch"},
            ],
            "ulimits": [{"name": "nofile", "softLimit": 10, "hardLimit": 20}],
            "linuxParameters": {"initProcessEnabled": True, "sharedMemorySize": 2},
        },
    )

    request = created_for(engine, cloud.run(jobDefinition="mounted")["jobId"])

    assert request["User"] == "nobody"
    assert request["HostConfig"]["Mounts"] == [{"Type": "volume", "Target": "/scratch"}]
    assert (
        request["HostConfig"].items()
        >= {
            "Binds": ["/srv:/data:ro"],
            "Privileged": True,
            "Init": True,
            "ShmSize": 2 * 1024 * 1024,
            "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
        }.items()
    )


def test_an_image_is_pulled_once(cloud: Cloud, engine: FakeEngine) -> None:
    cloud.define("tagged", containerProperties={"image": "registry:5000/tool:1", "command": ["exit", "0"]})
    cloud.wait(cloud.submit(jobDefinition="tagged", arrayProperties={"size": 3}))
    cloud.run(jobDefinition="tagged")

    assert engine.pulled.count("registry:5000/tool:1") == 1


def test_an_image_without_tag_is_the_latest(cloud: Cloud, engine: FakeEngine) -> None:
    cloud.run("exit", "0")

    assert engine.pulled.count("busybox:latest") == 1


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (
            {"image": "private/tool"},
            "CannotPullContainerError: Error response from daemon: pull access denied for private/tool",
        ),
        ({"image": "uncreatable"}, "CannotCreateContainerError: Error response from daemon: invalid mount"),
        ({"command": ["missing"]}, 'CannotStartContainerError: Error response from daemon: exec: "missing"'),
    ],
)
def test_a_failed_start_has_a_reason(
    cloud: Cloud, engine: FakeEngine, properties: dict[str, Any], reason: str
) -> None:
    engine.pulled.append("uncreatable:latest")
    cloud.define("broken", containerProperties=properties)

    job = cloud.run(jobDefinition="broken")

    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert job["container"]["reason"].startswith(reason)
    assert "startedAt" not in job["attempts"][0]
    assert engine.containers == {}


@pytest.mark.parametrize(("command", "code"), [("sleep", 143), ("stubborn", 137)])
def test_a_terminated_container_has_its_grace(
    cloud: Cloud, engine: FakeEngine, command: str, code: int
) -> None:
    job_id = cloud.submit(command, retryStrategy={"attempts": 3})
    cloud.wait(job_id, "RUNNING")

    cloud.batch.terminate_job(jobId=job_id, reason="enough")
    job = cloud.wait(job_id)

    assert (job["statusReason"], job["container"]["exitCode"]) == ("enough", code)
    assert engine.graces[-1] == 3


def test_a_job_that_waits_for_its_image_can_be_terminated(cloud: Cloud) -> None:
    cloud.define("slow", containerProperties={"image": "slow/tool"})
    job_id = cloud.submit(jobDefinition="slow")
    cloud.wait(job_id, "STARTING")

    cloud.batch.terminate_job(jobId=job_id, reason="too slow")

    assert cloud.wait(job_id)["statusReason"] == "too slow"


def test_a_timeout_stops_the_container(cloud: Cloud) -> None:
    job = cloud.run("sleep", timeout={"attemptDurationSeconds": 1})

    assert job["statusReason"] == "Job attempt duration exceeded timeout"


def test_the_containers_of_a_task_share_its_empty_volumes(cloud: Cloud, engine: FakeEngine) -> None:
    mounts = [
        {"sourceVolume": "scratch", "containerPath": "/scratch"},
        {"sourceVolume": "data", "containerPath": "/data", "readOnly": True},
    ]
    register(
        cloud,
        container("init", command=["echo", "hello"], essential=False, mountPoints=mounts),
        container(
            "main",
            command=["exit", "3"],
            dependsOn=[{"containerName": "init", "condition": "SUCCESS"}],
            mountPoints=mounts[:1],
        ),
        task={"volumes": [{"name": "scratch"}, {"name": "data", "host": {"sourcePath": "/srv"}}]},
    )

    job = cloud.run(jobDefinition="ecs")

    init, main = (each for each in engine.created if f"AWS_BATCH_JOB_ID={job['jobId']}" in each["Env"])
    (task,) = job["ecsProperties"]["taskProperties"]
    assert [each["exitCode"] for each in task["containers"]] == [0, 3]
    assert init["HostConfig"]["Mounts"] == main["HostConfig"]["Mounts"]
    assert init["HostConfig"]["Mounts"][0]["Target"] == "/scratch"
    assert init["HostConfig"]["Binds"] == ["/srv:/data:ro"]
    eventually(lambda: not engine.volumes, "the volume is gone")


def test_a_sidecar_in_a_container_is_stopped_in_its_own_time(cloud: Cloud, engine: FakeEngine) -> None:
    register(
        cloud,
        container("sidecar", command=["sleep"], essential=False, stopTimeout=17),
        container(command=["exit", "0"], dependsOn=[{"containerName": "sidecar", "condition": "START"}]),
    )

    job = cloud.run(jobDefinition="ecs")

    (task,) = job["ecsProperties"]["taskProperties"]
    assert (job["status"], [each["exitCode"] for each in task["containers"]]) == ("SUCCEEDED", [143, 0])
    assert engine.graces[-1] == 17
    assert engine.containers == {}


def test_the_end_of_the_server_removes_its_containers(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    with LocalBatch.start(Options(runner="docker")) as local:
        cloud = Cloud(local.url)
        cloud.set_up()
        cloud.wait(cloud.submit("sleep"), "RUNNING")

    assert engine.containers == {}


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("unix:///nowhere/docker.sock", "No container engine responds at unix:///nowhere/docker.sock"),
        ("tcp://127.0.0.1:1", "No container engine responds at tcp://127.0.0.1:1"),
        ("ssh://host", "it must be unix://PATH or tcp://HOST:PORT"),
    ],
)
def test_a_missing_engine_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, host: str, message: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)

    with pytest.raises(RuntimeError, match=message):
        LocalBatch.start(Options(runner="docker"))


def test_other_networks_reach_the_server_through_the_gateway() -> None:
    settings = DockerSettings("http://127.0.0.1:4566", network="bridge")

    assert settings.url_inside == "http://host.docker.internal:4566"
