"""What a job's task shows and does at the end of its job, against the local Batch over boto3."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.failures.report import JobReport, JobReporter
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.logs import JobLogs
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.operators.batch import BatchJobOperator
from tests.airflow_fakes import FakeStateStore, FakeTaskInstance
from tests.integration.cloud import Cloud
from tests.integration.scripts import scripted


def reporter(cloud: Cloud, **settings: Any) -> JobReporter:
    return JobReporter(
        BatchClient(cloud.batch, cloud.batch), JobLogs(cloud.logs), lambda group, stream: stream, **settings
    )


def report(cloud: Cloud, job_id: str, **settings: Any) -> JobReport:
    detail = cloud.wait(job_id)
    return reporter(cloud, **settings).report("align", JobDescription.from_aws(detail))


@pytest.fixture
def calls(stage: Cloud) -> Callable[[], Counter[str]]:
    """Count the calls from now on by operation."""
    seen: Counter[str] = Counter()
    for client in (stage.batch, stage.logs):
        client.meta.events.register(
            "before-call", lambda model, **_: seen.update([model.name]), unique_id="count"
        )
    return lambda: seen


def test_10_001_lines_of_the_same_moment_are_all_shown(stage: Cloud) -> None:
    lines = [f"line {number}" for number in range(10_001)]
    job_id = stage.submit()
    job = stage.wait(job_id)
    now = int(
        time.time() * 1000
    )  # CloudWatch takes nothing from a future to which other tests may have moved.
    for start in range(0, len(lines), 5_000):
        stage.logs.put_log_events(
            logGroupName="/aws/batch/job",
            logStreamName=job["container"]["logStreamName"],
            logEvents=[{"timestamp": now, "message": line} for line in lines[start : start + 5_000]],
        )

    shown = list(report(stage, job_id).lines())

    assert shown[1:-1] == lines


def test_the_logs_of_all_attempts_are_shown(stage: Cloud) -> None:
    tries = [{"attempt": number, "exit_code": 3, "log": [f"try {number}"]} for number in (1, 2, 3)]
    job_id = stage.submit(containerOverrides=scripted(*tries), retryStrategy={"attempts": 3})

    lines = list(report(stage, job_id).lines())

    assert [line for line in lines if not line.startswith("::")] == ["try 1", "try 2", "try 3"]
    assert [line.rpartition(":")[0] for line in lines if line.startswith("::group::")] == [
        f"::group::Log of job 'align', attempt {number} of 3" for number in (1, 2, 3)
    ]


def test_37_failures_of_a_large_array_cost_one_page_and_one_description(
    stage: Cloud, calls: Callable[[], Counter[str]]
) -> None:
    failing = [{"index": index, "exit_code": 1, "log": [f"child {index}"]} for index in range(3, 40)]
    stage.define("many", containerProperties=scripted_definition(failing))
    job_id = stage.submit(jobDefinition="many", arrayProperties={"size": 1000})
    detail = stage.wait(job_id)
    before = Counter(calls())

    found = reporter(stage).report("align", JobDescription.from_aws(detail))

    made = calls() - before
    assert found.array is not None
    assert found.array.to_json()["failed_indices"] == "3-39"
    assert (made["ListJobs"], made["DescribeJobs"]) == (1, 1)
    shown = [line for line in found.lines() if not line.startswith("::")]
    assert shown == ["child 3", "child 4", "child 5"]


def scripted_definition(scripts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": json.dumps(scripts)}]}


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"exit_code": 3}, "USER"),
        ({"exit_code": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"}, "OOM"),
        ({"start_failure": "CannotPullContainerError: no such image"}, "IMAGE"),
        ({"host_lost": "i-0123456789abcdef0"}, "SPOT"),
    ],
)
def test_a_failure_is_classified_by_what_the_endpoint_says(stage: Cloud, script: Any, kind: str) -> None:
    job_id = stage.submit(containerOverrides=scripted(script))

    assert report(stage, job_id).failure.kind == kind


def test_a_terminated_job_is_no_failure_of_its_program(stage: Cloud) -> None:
    job_id = stage.submit(containerOverrides=scripted({"duration_seconds": 10**6}))
    stage.wait(job_id, "RUNNING")
    stage.batch.terminate_job(jobId=job_id, reason="Operator cancelled")

    assert report(stage, job_id).failure.kind == "TERMINATED"


class Task:
    """A task that follows an array, try by try, with the worker waiting for the job's end."""

    def __init__(self, cloud: Cloud, **arguments: Any) -> None:
        self.cloud = cloud
        self.ti = FakeTaskInstance("align")
        self.ti.max_tries = 3
        self.context: Any = {"ti": self.ti, "task_state_store": FakeStateStore()}
        self.arguments = {
            "job_queue": "q",
            "job_definition": "d",
            "array_retry": "failed",
            "retries": 3,
            "deferrable": False,
            "poll_interval_seconds": 0.05,
            **arguments,
        }

    def run(self) -> str:
        operator = BatchJobOperator(task_id="align", **self.arguments)
        operator.__dict__["hook"] = self._hook()
        return operator.execute(self.context)

    def fail(self) -> str:
        with pytest.raises(AirflowException) as raised:
            self.run()
        self.ti.retry()
        return str(raised.value)

    def _hook(self) -> BatchHook:
        hook = BatchHook.of(AwsConnection(aws_conn_id=None, region_name=self.cloud.region))
        hook.__dict__["batch"] = BatchClient(self.cloud.batch, self.cloud.batch)
        hook.__dict__["logs"] = JobLogs(self.cloud.logs)
        return hook


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder in which the jobs note what they have done."""
    return tmp_path


def test_a_retry_runs_the_failed_children_under_their_own_indices(cloud: Cloud, notes: Path) -> None:
    script = (
        'echo "$AWS_BATCH_JOB_ARRAY_INDEX" >> "$0/all"; case $AWS_BATCH_JOB_ARRAY_INDEX in 1|3|4) '
        'test -e "$0/$AWS_BATCH_JOB_ARRAY_INDEX" || { touch "$0/$AWS_BATCH_JOB_ARRAY_INDEX"; exit 7; };; esac'
    )
    task = Task(
        cloud,
        array_properties={"size": 5},
        container_overrides={"command": ["sh", "-c", script, str(notes)]},
    )

    sentence = task.fail()
    second = task.run()

    assert "3 of 5 children failed (indices 1, 3-4)" in sentence
    assert sorted((notes / "all").read_text().split()) == ["0", "1", "1", "2", "3", "3", "4", "4"]
    assert cloud.describe(second)["arrayProperties"]["size"] == 3
    assert task.ti.pushed["array"]["succeeded"] == 5


def test_the_last_failed_child_runs_again_as_a_plain_job(cloud: Cloud, notes: Path) -> None:
    script = (
        'echo "$AWS_BATCH_JOB_ARRAY_INDEX" >> "$0/all"; test "$AWS_BATCH_JOB_ARRAY_INDEX" != 2 || '
        'test "$(grep -c 2 "$0/all")" -gt 2'
    )
    task = Task(
        cloud,
        array_properties={"size": 4},
        container_overrides={"command": ["sh", "-c", script, str(notes)]},
    )

    first, second = task.fail(), task.fail()
    third = task.run()

    assert "1 of 4 children failed (index 2)" in first
    assert "1 of 4 children failed (index 2)" in second
    assert "arrayProperties" not in cloud.describe(third)
    assert sorted((notes / "all").read_text().split()) == ["0", "1", "2", "2", "2", "3"]


def test_what_depends_child_by_child_heals_by_its_own_failed_children(cloud: Cloud, notes: Path) -> None:
    fails_once = 'test $AWS_BATCH_JOB_ARRAY_INDEX != 1 || test -e "$0/once" || { touch "$0/once"; exit 7; }'
    command = ["sh", "-c", 'echo "$AWS_BATCH_JOB_ARRAY_INDEX" >> "$0/below"', str(notes)]
    upstream = cloud.submit("sh", "-c", fails_once, str(notes), arrayProperties={"size": 3})
    downstream = cloud.submit(
        *command,
        arrayProperties={"size": 3},
        dependsOn=[{"jobId": upstream, "type": "N_TO_N"}],
    )
    cloud.wait(downstream)
    task = Task(
        cloud,
        adopt=downstream,
        array_properties={"size": 3},
        container_overrides={"command": command},
    )

    task.run()

    assert sorted((notes / "below").read_text().split()) == ["0", "1", "2"]
    assert task.ti.pushed["array"]["succeeded"] == 3
