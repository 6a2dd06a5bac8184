import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud, eventually
from tests.integration.process_table import alive
from tests.integration.program import started


def test_the_program_prints_its_url(tmp_path: Path) -> None:
    with started(tmp_path) as (_, line):
        assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+\n", line)


def test_the_program_warns_that_it_runs_commands(tmp_path: Path) -> None:
    with started(tmp_path):
        assert "runs the commands" in (tmp_path / "stderr").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_ends_cleanly_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path) as (process, line):
        cloud = Cloud(line.split()[-1])
        cloud.set_up()
        job = cloud.wait(cloud.submit("bash", "-c", "setsid sleep 600 & sleep 600"), "RUNNING")
        running = eventually(
            lambda: [child.pid for child in psutil.Process(process.pid).children(recursive=True)],
            f"processes of {job['jobId']}",
        )

        process.send_signal(number)
        code = process.wait(timeout=120)

    assert code == 0
    assert [pid for pid in running if alive(pid)] == []
    assert [path.name for path in tmp_path.iterdir()] == ["stderr"]


def test_a_long_poll_does_not_delay_the_end(tmp_path: Path) -> None:
    with started(tmp_path) as (process, line):
        sqs = Cloud(line.split()[-1]).client("sqs", read_timeout=60)
        queue = sqs.create_queue(QueueName="quiet")["QueueUrl"]
        poller = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import boto3, sys; boto3.client('sqs', region_name='us-east-1', endpoint_url=sys.argv[1])"
                ".receive_message(QueueUrl=sys.argv[2], WaitTimeSeconds=20)",
                line.split()[-1],
                queue,
            ],
            env={
                **os.environ,
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_MAX_ATTEMPTS": "1",
            },
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: psutil.Process(process.pid).net_connections() or None, "a connection")

            process.send_signal(signal.SIGTERM)

            assert process.wait(timeout=120) == 0
            assert poller.wait(timeout=120) != 0  # It was not answered.
        finally:
            poller.kill()
            poller.wait()


def test_every_service_knows_the_account_of_the_options(tmp_path: Path) -> None:
    with started(tmp_path, "--account-id", "210987654321") as (_, line):
        cloud = Cloud(line.split()[-1])
        cloud.set_up()

        job = cloud.run("echo", "hello")

        assert job["jobArn"].split(":")[4] == "210987654321"
        assert cloud.client("sts").get_caller_identity()["Account"] == "210987654321"
        assert cloud.lines(job) == ["hello"]


def test_health_is_answered_although_control_is_closed(process_server: LocalBatch) -> None:
    with urllib.request.urlopen(f"{process_server.url}/_local/health") as answer:
        assert json.load(answer) == {"status": "ok"}


def test_an_embedded_server_can_be_started_again_and_again() -> None:
    urls = []
    for _ in range(3):
        with LocalBatch.start(Options(runner="script")) as local:
            urls.append(local.url)
            Cloud(local.url).set_up()

    assert len(urls) == 3


def test_two_servers_live_side_by_side(script_server: LocalBatch) -> None:
    with LocalBatch.start(Options(runner="script")) as other:
        cloud = Cloud(other.url)
        cloud.set_up()

        assert other.url != script_server.url
        assert cloud.run()["status"] == "SUCCEEDED"


def test_a_port_that_is_taken_is_an_error(script_server: LocalBatch) -> None:
    port = int(script_server.url.rpartition(":")[2])

    with pytest.raises(RuntimeError, match="did not start"):
        LocalBatch.start(Options(port=port))


def test_stopping_does_not_collect_garbage_of_all_jobs(tmp_path: Path) -> None:
    """The children of an array of 10,000 jobs are frozen (``gc.freeze``) when the server has ended."""
    program = (
        "import gc, sys\n"
        "from airflow_batch_provider.local.options import Options\n"
        "from airflow_batch_provider.local.server import serve\n"
        "serve(Options(runner='script'))\n"
        "print(len(gc.get_objects()))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        cloud = Cloud(process.stdout.readline().split()[-1])
        cloud.set_up()
        cloud.wait(cloud.submit(arrayProperties={"size": 10_000}))

        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()

    assert process.returncode == 0
    assert int(output) < 10_000
