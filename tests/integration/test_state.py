import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud
from tests.integration.ecs import container, register
from tests.integration.program import started
from tests.integration.scripts import FOREVER, scripted
from tests.integration.wire import send

HOST_LOST = "Host EC2 (instance i-0123456789abcdef0) terminated."


class Servers:
    """Successive servers with the same state file."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.file = folder / "state.db"
        self._folder = folder
        self._stack = stack
        self._process: subprocess.Popen[str] | None = None
        self._region: str | None = None

    def start(self, *arguments: str, runner: str = "script") -> Cloud:
        options = ("--runner", runner, "--control", "--state", str(self.file), *arguments)
        self._process, line = self._stack.enter_context(started(self._folder, *options))
        cloud = Cloud(line.split()[-1])
        self._region = cloud.region = self._region or cloud.region
        return cloud

    def kill(self, cloud: Cloud | None = None) -> None:
        """Kill the server; with a cloud, first wait until everything visible in it is written."""
        if cloud is not None:
            cloud.define("written")
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(timeout=120)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path, stack)


def everything(cloud: Cloud, *job_ids: str) -> dict[str, Any]:
    """Return everything that a client can see."""
    batch = cloud.batch
    answers = {
        "queues": batch.describe_job_queues()["jobQueues"],
        "environments": batch.describe_compute_environments()["computeEnvironments"],
        "definitions": batch.describe_job_definitions()["jobDefinitions"],
        "jobs": batch.describe_jobs(jobs=list(job_ids))["jobs"],
    }
    for name in ("queues", "environments"):
        for described in answers[name]:
            assert described.pop("status") in ("VALID", "CREATING", "UPDATING")
    return answers


def kept_after(servers: Servers, end: Callable[[], None], prepare: Callable[[Cloud], list[str]]) -> None:
    cloud = servers.start()
    job_ids = prepare(cloud)
    before = everything(cloud, *job_ids)
    end()

    after = everything(servers.start(), *job_ids)

    assert after == before


def test_created_resources_survive_a_kill(servers: Servers) -> None:
    def prepare(cloud: Cloud) -> list[str]:
        cloud.environment("small", vcpus=2, tags={"kind": "small"})
        cloud.set_up()
        cloud.define("old")
        cloud.batch.deregister_job_definition(jobDefinition="old:1")
        cloud.define(
            "old", retryStrategy={"attempts": 3, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "1"}]}
        )
        cloud.batch.create_job_queue(
            jobQueueName="tagged",
            priority=7,
            tags={"a": "b"},
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ce"}],
        )
        cloud.batch.update_job_queue(jobQueue="q", priority=3)
        return []

    kept_after(servers, servers.kill, prepare)


def test_finished_jobs_and_their_attempts_outlive_a_stop(servers: Servers) -> None:
    def prepare(cloud: Cloud) -> list[str]:
        cloud.set_up()
        failing = scripted({"attempt": 1, "exit_code": 1, "reason": "broken"}, {})
        job = cloud.submit(
            containerOverrides=failing,
            retryStrategy={"attempts": 2},
            parameters={"$": "x"},
            tags={"owner": "me"},
            timeout={"attemptDurationSeconds": 60},
        )
        array = cloud.submit(
            containerOverrides=scripted({"index": 1, "exit_code": 4}, {}), arrayProperties={"size": 3}
        )
        register(cloud, container(**scripted({"exit_code": 3})), container("other", essential=False))
        task = cloud.submit(jobDefinition="ecs")
        for job_id in (job, array, task):
            cloud.wait(job_id)
        return [job, array, f"{array}:0", f"{array}:1", task]

    kept_after(servers, servers.stop, prepare)


def test_acknowledged_changes_survive_an_immediate_kill(servers: Servers) -> None:
    cloud = servers.start()
    cloud.set_up()
    job_ids = [cloud.submit(containerOverrides=FOREVER) for _ in range(20)]
    servers.kill()

    jobs = servers.start().batch.describe_jobs(jobs=job_ids)["jobs"]

    assert [job["jobId"] for job in jobs] == job_ids


def test_running_attempts_have_lost_their_host_after_a_kill(servers: Servers) -> None:
    cloud = servers.start(runner="process")
    cloud.set_up()
    once = cloud.submit("sleep", "600")
    twice = cloud.submit(
        "bash", "-c", "[ $AWS_BATCH_JOB_ATTEMPT = 2 ] || sleep 600", retryStrategy={"attempts": 2}
    )
    for job_id in (once, twice):
        cloud.wait(job_id, "RUNNING")
    servers.kill(cloud)

    cloud = servers.start(runner="process")
    failed, retried = cloud.wait(once), cloud.wait(twice)

    assert (failed["status"], failed["statusReason"]) == ("FAILED", HOST_LOST)
    assert "exitCode" not in failed["attempts"][0]["container"]
    assert retried["status"] == "SUCCEEDED"
    assert [attempt["statusReason"] for attempt in retried["attempts"]] == [
        HOST_LOST,
        "Essential container in task exited",
    ]


def test_jobs_that_wait_go_on_waiting(servers: Servers) -> None:
    cloud = servers.start()
    cloud.queue("q", cloud.environment(vcpus=1))
    cloud.define()
    first = cloud.submit(
        containerOverrides=scripted({"attempt": 1, "duration_seconds": 1e6}, {}),
        retryStrategy={"attempts": 2},
    )
    array = cloud.submit(arrayProperties={"size": 3}, dependsOn=[{"jobId": first}])
    pipelined = cloud.submit(
        arrayProperties={"size": 3}, dependsOn=[{"jobId": array, "type": "N_TO_N"}, {"type": "SEQUENTIAL"}]
    )
    cancelled = cloud.submit(dependsOn=[{"jobId": first}])
    cloud.batch.cancel_job(jobId=cancelled, reason="changed my mind")
    cloud.wait(first, "RUNNING")
    servers.kill(cloud)

    cloud = servers.start()

    assert cloud.wait(pipelined)["status"] == "SUCCEEDED"
    assert cloud.wait(array)["status"] == "SUCCEEDED"
    assert cloud.describe(f"{pipelined}:2")["status"] == "SUCCEEDED"
    assert cloud.wait(cancelled)["statusReason"] == "changed my mind"


def test_the_children_of_an_array_go_on_from_where_they_were(servers: Servers) -> None:
    cloud = servers.start()
    cloud.queue("q", cloud.environment(vcpus=1))
    cloud.define()
    stuck = scripted({"index": 1, "attempt": 1, "duration_seconds": 1e6}, {})
    array = cloud.submit(containerOverrides=stuck, arrayProperties={"size": 4})
    cloud.wait(f"{array}:1", "RUNNING")
    before = cloud.describe(f"{array}:0")
    servers.kill(cloud)

    cloud = servers.start()
    job = cloud.wait(array)

    assert job["statusReason"] == "Array Child Job failed"
    assert job["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3
    assert cloud.describe(f"{array}:0") == before
    assert cloud.describe(f"{array}:1")["statusReason"] == HOST_LOST


def test_listings_are_as_before(servers: Servers) -> None:
    cloud = servers.start()
    cloud.set_up()
    for number in range(3):
        cloud.run(jobName=f"job-{number}")
    before = cloud.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    servers.kill(cloud)

    cloud = servers.start()
    new = cloud.submit(jobName="new")
    filters = [{"name": "JOB_NAME", "values": ["*"]}]

    assert cloud.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"][-3:] == before
    cloud.wait(new)
    names = [job["jobName"] for job in cloud.batch.list_jobs(jobQueue="q", filters=filters)["jobSummaryList"]]
    assert sorted(names) == ["job-0", "job-1", "job-2", "new"]


def test_a_file_that_is_in_use_is_refused(tmp_path: Path) -> None:
    with LocalBatch.start(Options(runner="script", state=tmp_path / "state.db")):
        assert "in use by another server" in refusal(tmp_path / "state.db")


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all" * 100)
    with closing(sqlite3.connect(tmp_path / "other.db")) as database, database:
        database.execute("create table t (x)")

    assert "not a local Batch state file" in refusal(tmp_path / "text")
    assert "not a local Batch state file" in refusal(tmp_path / "other.db")


def test_a_file_of_another_version_or_account_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    LocalBatch.start(Options(runner="script", state=file)).stop()

    assert "--account-id 123456789012" in refusal(file, "--account-id", "210987654321")

    with closing(sqlite3.connect(file)) as database, database:
        database.execute("pragma user_version = 99")
    assert "version 99" in refusal(file)


@pytest.mark.parametrize("garbage", ["nonsense", "{}", '{"$": "Popen", "of": {}}'])
def test_a_damaged_file_is_refused(tmp_path: Path, garbage: str) -> None:
    file = tmp_path / "state.db"
    with LocalBatch.start(Options(runner="script", state=file)) as local:
        Cloud(local.url).set_up()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("update resources set data = ? where kind = 'JobQueue'", (garbage,))

    assert "damaged" in refusal(file)
    with closing(sqlite3.connect(file)) as database:
        assert list(database.execute("select data from resources where kind = 'JobQueue'")) == [(garbage,)]


def test_a_server_that_does_not_start_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with LocalBatch.start(Options(runner="script", control=True, state=file)) as local:
        send(local.url, "POST", "/_local/clock", b'{"advance_seconds": 5}')
        Cloud(local.url).set_up()

    assert "No container engine responds" in refusal(file, "--runner", "docker", host="unix:///nowhere")
    with closing(sqlite3.connect(file)) as database:
        assert list(database.execute("select value from facts where name = 'offset_ms'")) == [("5000",)]


def test_the_command_explains_why_a_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all" * 100)
    program = "from airflow_batch_provider.cli.main import main; raise SystemExit(main())"

    done = subprocess.run(
        [sys.executable, "-c", program, "local", "--port", "0", "--state", str(tmp_path / "text")],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("airflow-batch local: ")


def refusal(file: Path, *arguments: str, host: str = "") -> str:
    """Return the program's error message when it does not start with this state file."""
    command = [sys.executable, "-m", "airflow_batch_provider.local", "--port", "0", "--runner", "script"]
    done = subprocess.run(
        [*command, "--state", str(file), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "DOCKER_HOST": host},
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_clock_keeps_its_offset_and_expired_jobs_leave_the_file(servers: Servers) -> None:
    cloud = servers.start()
    cloud.set_up()
    old = cloud.run()["jobId"]
    send(cloud.url, "POST", "/_local/clock", b'{"advance_seconds": 691200}')
    new = cloud.run()
    servers.kill(cloud)

    with closing(sqlite3.connect(servers.file)) as database:
        kept = [root_id for (root_id,) in database.execute("select root_id from jobs")]
    later = servers.start().run()

    assert kept == [new["jobId"]] != [old]
    assert later["createdAt"] >= new["createdAt"]


def test_a_reset_empties_the_file(servers: Servers) -> None:
    cloud = servers.start()
    cloud.set_up()
    send(cloud.url, "POST", "/_local/reset")
    cloud.define("after")
    servers.kill()

    cloud = servers.start()

    assert cloud.batch.describe_job_queues()["jobQueues"] == []
    assert len(cloud.batch.describe_job_definitions()["jobDefinitions"]) == 1
