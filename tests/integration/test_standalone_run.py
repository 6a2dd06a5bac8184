"""The master job: a job inside the local Batch that submits the others, without Airflow."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.clients.environment import REPOSITORY, PinnedEnvironment, pinned_environment
from tests.integration.cloud import eventually

A_TO_F = REPOSITORY / "dags" / "a_to_f.yaml"
EDGES = [("A", "B"), ("A", "C"), ("A", "D"), ("B", "D"), ("C", "E"), ("D", "F"), ("E", "F")]
DEADLINE_SECONDS = 120.0
_numbers = count(1)


@pytest.fixture(scope="module")
def command_line() -> PinnedEnvironment:
    """An environment with the pins of the command line alone: no Airflow, no moto."""
    return pinned_environment("cli")


@pytest.fixture(scope="module")
def server() -> Iterator[LocalBatch]:
    """A local Batch that runs commands as processes, which find our package."""
    folders = (str(REPOSITORY), str(REPOSITORY / "dags" / "programs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        with LocalBatch.start(Options(control=True, python_path=folders, grace_seconds=1)) as local:
            yield local


@pytest.fixture
def account(server: LocalBatch, command_line: PinnedEnvironment) -> Iterator[LocalBatchRegion]:
    """A queue, the definition of the six jobs, and that of the master job, which takes a vCPU."""
    region = LocalBatchRegion(server.url, f"master-{next(_numbers)}")
    region.create_queue("etl")
    for name, command, attempts in (
        ("step", ["true"], 1),
        ("master", [command_line.python, "-m", "airflow_batch_provider.cli.main"], 2),
    ):
        region.client().register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": "airflow-batch",
                "command": command,
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
            },
            retryStrategy={"attempts": attempts},
        )
    yield region
    region.clear_faults_and_scripts()


def start_master(account: LocalBatchRegion, command_line: PinnedEnvironment, *arguments: str) -> str:
    command = [
        command_line.python,
        "-m",
        "airflow_batch_provider.cli.main",
        "submit",
        str(A_TO_F),
        *arguments,
    ]
    answer = account.client().submit_job(
        jobName="master", jobQueue="etl", jobDefinition="master", containerOverrides={"command": command}
    )
    return str(answer["jobId"])


def the_six(account: LocalBatchRegion) -> dict[str, Any]:
    """Wait for all jobs of a_to_f, and describe them by job key; each must be there once."""
    filters = [{"name": "JOB_NAME", "values": ["a_to_f-*"]}]
    listed = account.client().list_jobs(jobQueue="etl", filters=filters)["jobSummaryList"]
    keys = [job["jobName"].split("-")[2] for job in listed]
    assert sorted(keys) == ["A", "B", "C", "D", "E", "F"]
    return {
        key: account.wait(job["jobId"], seconds=DEADLINE_SECONDS)
        for key, job in zip(keys, listed, strict=True)
    }


def log_of(account: LocalBatchRegion, job: Any) -> list[str]:
    answer = account.client("logs").get_log_events(
        logGroupName="/aws/batch/job", logStreamName=job["container"]["logStreamName"], startFromHead=True
    )
    return [event["message"] for event in answer["events"]]


def faults_to_come(account: LocalBatchRegion) -> list[Any]:
    with urlopen(f"{account.url}/_local/faults") as answer:
        return list(json.load(answer)["faults"])


def test_the_environment_has_no_airflow(command_line: PinnedEnvironment) -> None:
    done = subprocess.run([command_line.python, "-c", "import airflow"], capture_output=True, text=True)

    assert "No module named 'airflow'" in done.stderr


def test_it_submits_six_jobs_and_ends_and_they_run_in_order(
    account: LocalBatchRegion, command_line: PinnedEnvironment
) -> None:
    master = account.wait(start_master(account, command_line, "--set", "seconds=1"), seconds=DEADLINE_SECONDS)

    jobs = the_six(account)
    lines = log_of(account, master)
    assert master["status"] == "SUCCEEDED", lines
    assert lines[0] == f"run job-{master['jobId']} of workflow a_to_f"
    assert {job["status"] for job in jobs.values()} == {"SUCCEEDED"}
    assert all(jobs[before]["stoppedAt"] <= jobs[after]["startedAt"] for before, after in EDGES)


def test_it_waits_and_shows_how_the_jobs_go(
    account: LocalBatchRegion, command_line: PinnedEnvironment
) -> None:
    arguments = ("--set", "seconds=0", "--wait", "--poll-interval", "0.2")

    master = account.wait(start_master(account, command_line, *arguments), seconds=DEADLINE_SECONDS)

    lines = log_of(account, master)
    assert master["status"] == "SUCCEEDED", lines
    assert "F SUCCEEDED" in lines
    assert {job["status"] for job in the_six(account).values()} == {"SUCCEEDED"}


@pytest.mark.parametrize("phase", ["before", "after"])
def test_killed_in_the_middle_and_started_again_it_makes_six_jobs_not_twelve(
    account: LocalBatchRegion, command_line: PinnedEnvironment, phase: str
) -> None:
    # Its fourth SubmitJob hangs, before or after it has made a job, and there its host goes away.
    account.inject_fault(operation="SubmitJob", kind="delay", seconds=3600, phase=phase, skip=4)
    master_id = start_master(account, command_line, "--set", "seconds=0")
    eventually(lambda: not faults_to_come(account), "the fourth SubmitJob", DEADLINE_SECONDS)
    account.reclaim_host(master_id)

    master = account.wait(master_id, seconds=DEADLINE_SECONDS)

    lines = log_of(account, master)
    assert master["status"] == "SUCCEEDED", lines
    assert len(master["attempts"]) == 2
    assert [line.split()[0] for line in lines[1:]].count("adopted") >= 3
    assert {job["status"] for job in the_six(account).values()} == {"SUCCEEDED"}


def test_from_an_empty_account_to_an_empty_account(
    server: LocalBatch, command_line: PinnedEnvironment, tmp_path: Path
) -> None:
    region = LocalBatchRegion(server.url, "test-empty-to-empty")
    spec = REPOSITORY / "dags" / "post_trade.yaml"
    _upload_prices(region)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), **region.environment}
        command = [command_line.python, "-m", "airflow_batch_provider.cli.main", *arguments]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)

    month = ["--date", "2008-01-01"]
    steps = [
        ["resources", "apply", str(spec)],
        ["resources", "diff", str(spec)],
        ["submit", str(spec), *month, "--wait", "--poll-interval", "0.2"],
        ["doctor", str(spec)],
        ["status", str(spec), *month],
        ["submit", str(spec), *month, "--wait", "--poll-interval", "0.2"],
        ["resources", "diff", str(spec)],
        ["resources", "apply", str(spec)],
        ["resources", "delete", str(spec)],
        ["resources", "delete", str(spec)],
    ]
    done = [run(*step) for step in steps]

    assert [each.returncode for each in done] == [0] * len(steps), [
        each.stdout + each.stderr for each in done
    ]
    assert "store SUCCEEDED" in done[2].stdout
    assert done[5].stdout.count("adopted") == 4
    assert all("6 of 6 resources match the spec" in each.stdout for each in (done[1], done[6]))
    assert "no changes made" in done[7].stdout
    assert done[9].stdout == "nothing to delete\n"
    assert _what_is_left(region) == []


def _upload_prices(region: LocalBatchRegion) -> None:
    s3 = region.client("s3")
    if "post-trade" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="post-trade", CreateBucketConfiguration={"LocationConstraint": region.region})
    s3.upload_file(str(REPOSITORY / "dags" / "data" / "stocks.csv"), "post-trade", "raw/stocks.csv")


def _what_is_left(region: LocalBatchRegion) -> list[Any]:
    batch = region.client()
    return [
        *batch.describe_compute_environments()["computeEnvironments"],
        *batch.describe_job_queues()["jobQueues"],
        *batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"],
    ]
