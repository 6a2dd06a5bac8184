import os
import sys
import time
from pathlib import Path

import pytest

from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud, eventually
from tests.integration.process_table import alive


def variables(lines: list[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines)


def pids_in_log(cloud: Cloud, job_id: str, number: int) -> list[int]:
    """Wait until a running job has printed this many process IDs, and return them."""

    def look() -> list[int] | None:
        lines = cloud.lines(cloud.wait(job_id, "RUNNING"))
        return [int(line) for line in lines] if len(lines) >= number else None

    return eventually(look, f"{number} log lines of job {job_id}")


def test_a_command_that_exits_with_zero_succeeds(cloud: Cloud) -> None:
    job = cloud.run("true")

    assert (job["status"], job["container"]["exitCode"]) == ("SUCCEEDED", 0)
    assert job["statusReason"] == "Essential container in task exited"


def test_an_exit_code_is_that_of_the_command(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "exit 3")

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 3)
    assert "reason" not in job["container"]


def test_a_command_killed_by_a_signal_exits_as_in_a_shell(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "kill -SEGV $$")

    assert job["container"]["exitCode"] == 128 + 11


def test_a_command_that_does_not_exist_fails_to_start(cloud: Cloud) -> None:
    job = cloud.run("no-such-program")

    assert (job["status"], job["statusReason"]) == ("FAILED", "Task failed to start")
    assert "no-such-program" in job["container"]["reason"]
    assert "exitCode" not in job["container"]
    assert "startedAt" not in job
    assert "startedAt" not in job["attempts"][0]


def test_a_job_without_a_command_fails_to_start(cloud: Cloud) -> None:
    cloud.define("silent", containerProperties={"command": []})

    job = cloud.run(jobDefinition="silent")

    assert job["statusReason"] == "Task failed to start"


def test_a_job_inherits_only_the_documented_variables(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "1")
    monkeypatch.setenv("VIRTUAL_ENV", "/venv")

    found = variables(cloud.lines(cloud.run("env")))

    assert found.keys() == {
        "PATH",
        "HOME",
        "VIRTUAL_ENV",
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_BATCH_JOB_ID",
        "AWS_BATCH_JOB_ATTEMPT",
        "AWS_BATCH_JQ_NAME",
        "AWS_BATCH_CE_NAME",
        "LOCAL_BATCH_RUN",
    }
    assert found["PATH"] == os.environ["PATH"]
    assert found["AWS_ENDPOINT_URL"] == cloud.url
    assert found["AWS_REGION"] == cloud.region


def test_a_job_finds_its_batch_variables(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "env; test $AWS_BATCH_JOB_ATTEMPT = 2", retryStrategy={"attempts": 2})

    found = variables(cloud.lines(job))

    assert job["status"] == "SUCCEEDED"
    assert found["AWS_BATCH_JOB_ID"] == job["jobId"]
    assert (found["AWS_BATCH_JQ_NAME"], found["AWS_BATCH_CE_NAME"]) == ("q", "ce")


def test_a_child_finds_its_index_and_the_size(cloud: Cloud) -> None:
    array = cloud.submit("bash", "-c", "env | grep ARRAY | sort", arrayProperties={"size": 3})
    cloud.wait(array)

    lines = cloud.lines(cloud.describe(f"{array}:2"))

    assert lines == ["AWS_BATCH_JOB_ARRAY_INDEX=2", "AWS_BATCH_JOB_ARRAY_SIZE=3"]


def test_the_environment_of_the_submission_wins_over_the_definition(cloud: Cloud) -> None:
    cloud.define(
        "with-environment",
        containerProperties={
            "environment": [{"name": "COLOUR", "value": "red"}, {"name": "SIZE", "value": "1"}]
        },
    )

    job = cloud.run(
        "bash",
        "-c",
        "echo $COLOUR $SIZE",
        jobDefinition="with-environment",
        containerOverrides={"environment": [{"name": "COLOUR", "value": "blue"}]},
    )

    assert cloud.lines(job) == ["blue 1"]


def test_a_job_finds_other_services_at_its_endpoint(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(
        Bucket="results", CreateBucketConfiguration={"LocationConstraint": cloud.region}
    )

    job = cloud.run(
        sys.executable,
        "-c",
        "import boto3; boto3.client('s3').put_object(Bucket='results', Key='answer', Body=b'42')",
    )

    body = cloud.client("s3").get_object(Bucket="results", Key="answer")["Body"]
    assert job["status"] == "SUCCEEDED"
    assert body.read() == b"42"


def test_every_attempt_has_a_folder_of_its_own_that_goes_with_it(cloud: Cloud) -> None:
    (folder,) = cloud.lines(cloud.run("bash", "-c", "pwd; echo x > left-behind"))

    eventually(lambda: not Path(folder).exists(), f"{folder} is gone")


def test_log_lines_can_be_read_while_the_job_runs(cloud: Cloud) -> None:
    job_id = cloud.submit("bash", "-c", "echo early; sleep 60")
    job = cloud.wait(job_id, "RUNNING")

    lines = eventually(lambda: cloud.lines(job), "a first line")

    cloud.batch.terminate_job(jobId=job_id, reason="seen enough")
    assert lines == ["early"]
    assert cloud.wait(job_id)["status"] == "FAILED"


def test_all_lines_are_there_when_the_job_has_ended(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "seq 5000; echo to stderr >&2; printf 'no line break'")

    paginator = cloud.logs.get_paginator("filter_log_events")
    pages = paginator.paginate(
        logGroupName="/aws/batch/job", logStreamNames=[job["container"]["logStreamName"]]
    )
    lines = [event["message"] for page in pages for event in page["events"]]

    assert lines == [*map(str, range(1, 5001)), "to stderr", "no line break"]


def test_each_attempt_has_a_log_stream_of_its_own(cloud: Cloud) -> None:
    job = cloud.run(
        "bash", "-c", "echo attempt $AWS_BATCH_JOB_ATTEMPT; exit 1", retryStrategy={"attempts": 2}
    )

    assert [cloud.lines(attempt) for attempt in job["attempts"]] == [["attempt 1"], ["attempt 2"]]


def test_a_stopped_job_gets_sigterm_and_may_end_in_peace(cloud: Cloud) -> None:
    job_id = cloud.submit("bash", "-c", "trap 'echo bye; exit 5' TERM; echo ready; sleep 60 & wait")
    eventually(lambda: cloud.lines(cloud.wait(job_id, "RUNNING")), "the trap is set")

    cloud.batch.terminate_job(jobId=job_id, reason="enough")
    job = cloud.wait(job_id)

    assert (job["statusReason"], job["container"]["exitCode"]) == ("enough", 5)
    assert cloud.lines(job) == ["ready", "bye"]


def test_a_stopped_job_that_does_not_listen_is_killed_after_the_grace(cloud: Cloud) -> None:
    job_id = cloud.submit("bash", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done")
    eventually(lambda: cloud.lines(cloud.wait(job_id, "RUNNING")), "the trap is set")

    cloud.batch.terminate_job(jobId=job_id, reason="enough")
    job = cloud.wait(job_id)

    assert job["container"]["exitCode"] == 137
    assert job["attempts"][0]["statusReason"] == "enough"


def test_stopping_a_job_kills_its_whole_process_tree(cloud: Cloud) -> None:
    script = "sleep 600 & echo $!; setsid sleep 600 & echo $!; wait"
    job_id = cloud.submit("bash", "-c", script)
    pids = pids_in_log(cloud, job_id, 2)

    cloud.batch.terminate_job(jobId=job_id, reason="enough")
    cloud.wait(job_id)

    eventually(lambda: not any(alive(pid) for pid in pids), f"processes {pids} are gone")


def test_processes_left_behind_end_with_the_job(cloud: Cloud) -> None:
    started = time.monotonic()
    job = cloud.run("bash", "-c", "sleep 600 & echo $!; setsid sleep 600 & echo $!; sleep 0.2")

    pids = [int(line) for line in cloud.lines(job)]

    assert job["status"] == "SUCCEEDED"
    assert time.monotonic() - started < 60
    eventually(lambda: not any(alive(pid) for pid in pids), f"processes {pids} are gone")


def test_a_retried_attempt_is_not_taken_for_a_leftover_of_the_first(cloud: Cloud) -> None:
    job = cloud.run("bash", "-c", "test $AWS_BATCH_JOB_ATTEMPT = 2 && sleep 1", retryStrategy={"attempts": 2})

    assert job["status"] == "SUCCEEDED"


def test_a_job_that_exceeds_its_timeout_fails_without_a_retry(cloud: Cloud) -> None:
    job = cloud.run("sleep", "60", timeout={"attemptDurationSeconds": 1}, retryStrategy={"attempts": 3})

    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["statusReason"] == attempt["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["timeout"] == {"attemptDurationSeconds": 1}


def test_a_job_that_exceeds_its_memory_is_killed(cloud: Cloud) -> None:
    job = cloud.run(
        sys.executable,
        "-c",
        "import time; held = bytearray(200 * 2**20); time.sleep(60)",
        containerOverrides={"resourceRequirements": [{"type": "MEMORY", "value": "64"}]},
    )

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 137)
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert job["statusReason"] == "Essential container in task exited"


def test_python_path_reaches_the_jobs(tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text("print('hello from a module')")
    with LocalBatch.start(Options(python_path=(str(tmp_path),))) as local:
        cloud = Cloud(local.url)
        cloud.set_up()

        job = cloud.run(sys.executable, "-m", "greeting")

        assert cloud.lines(job) == ["hello from a module"]


def test_jobs_beyond_the_capacity_wait_in_runnable(cloud: Cloud) -> None:
    cloud.queue("narrow", cloud.environment("one", vcpus=1))
    first = cloud.submit("sleep", "60", jobQueue="narrow")
    second = cloud.submit("true", jobQueue="narrow")
    cloud.wait(first, "RUNNING")
    waiting = cloud.describe(second)["status"]

    cloud.batch.terminate_job(jobId=first, reason="make room")

    assert waiting == "RUNNABLE"
    assert cloud.wait(second)["status"] == "SUCCEEDED"
