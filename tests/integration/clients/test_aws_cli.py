"""The unmodified AWS CLI, configured only with the endpoint."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.local.server import LocalBatch
from harness.process_environment import aws_environment
from tests.integration.clients.environment import PinnedEnvironment
from tests.integration.cloud import Cloud, eventually

PAGE = Path(__file__).parents[3] / "docs" / "local-batch.md"
CONTAINER = {
    "image": "busybox",
    "command": ["echo", "hello"],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
}


class AwsCli:
    """The AWS CLI in its own Region."""

    def __init__(self, program: str, cloud: Cloud) -> None:
        self.cloud = cloud
        self._program = program
        self._environment = {
            "PATH": os.environ["PATH"],
            **aws_environment(cloud.url),
            "AWS_DEFAULT_REGION": cloud.region,
            "AWS_PAGER": "",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self._program, *arguments]
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False, timeout=60
        )

    def ask(self, *arguments: str) -> Any:
        """Return the JSON output of a command, or ``None``."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def batch(self, *arguments: str) -> Any:
        return self.ask("batch", *arguments)


@pytest.fixture
def aws(clients: PinnedEnvironment, process_server: LocalBatch) -> AwsCli:
    return AwsCli(clients.aws, Cloud(process_server.url))


@pytest.fixture
def furnished(clients: PinnedEnvironment, cloud: Cloud) -> AwsCli:
    """The CLI in a Region with queue ``q`` and definition ``d``."""
    return AwsCli(clients.aws, cloud)


def test_a_whole_session_from_the_first_resource_to_the_log(aws: AwsCli) -> None:
    resources = "type=EC2,maxvCpus=4,subnets=any"
    create = ("create-compute-environment", "--compute-environment-name", "local", "--type", "MANAGED")
    aws.batch(*create, "--compute-resources", resources)
    order = "order=1,computeEnvironment=local"
    queue = ("create-job-queue", "--job-queue-name", "etl", "--priority", "1")
    aws.batch(*queue, "--compute-environment-order", order)
    define = ("register-job-definition", "--job-definition-name", "hello", "--type", "container")
    aws.batch(*define, "--container-properties", json.dumps(CONTAINER))

    submit = ("submit-job", "--job-name", "first", "--job-queue", "etl", "--job-definition", "hello")
    job_id = aws.batch(*submit)["jobId"]
    aws.cloud.wait(job_id)

    (job,) = aws.batch("describe-jobs", "--jobs", job_id)["jobs"]
    listed = aws.batch("list-jobs", "--job-queue", "etl", "--job-status", "SUCCEEDED")
    stream = job["container"]["logStreamName"]
    where = ("--log-group-name", "/aws/batch/job", "--log-stream-name", stream)
    events = aws.ask("logs", "get-log-events", *where)["events"]
    found = aws.ask(
        "logs", "filter-log-events", "--log-group-name", "/aws/batch/job", "--filter-pattern", "hello"
    )

    assert job["status"] == "SUCCEEDED"
    assert [summary["jobId"] for summary in listed["jobSummaryList"]] == [job_id]
    assert [event["message"] for event in events] == ["hello"]
    assert [event["logStreamName"] for event in found["events"]] == [stream]


def test_a_running_job_is_terminated(furnished: AwsCli) -> None:
    job_id = furnished.cloud.submit("sleep", "600")
    furnished.cloud.wait(job_id, "RUNNING")

    assert furnished.batch("list-jobs", "--job-queue", "q")["jobSummaryList"][0]["jobId"] == job_id
    answer = furnished.batch("terminate-job", "--job-id", job_id, "--reason", "seen enough")

    assert answer is None
    assert furnished.cloud.wait(job_id)["statusReason"] == "seen enough"


def test_arrays_parameters_and_dependencies_are_understood(furnished: AwsCli) -> None:
    job = ("--job-queue", "q", "--job-definition", "d")
    first = furnished.batch("submit-job", "--job-name", "a", *job, "--array-properties", "size=3")["jobId"]
    overrides = '{"command": ["echo", "Ref::word"]}'
    more = ("--depends-on", f"jobId={first}", "--parameters", "word=done", "--container-overrides", overrides)

    second = furnished.batch("submit-job", "--job-name", "b", *job, *more)["jobId"]

    assert furnished.cloud.lines(furnished.cloud.wait(second)) == ["done"]
    children = furnished.batch("list-jobs", "--array-job-id", first, "--job-status", "SUCCEEDED")
    assert len(children["jobSummaryList"]) == 3


def test_a_refusal_is_shown_with_its_code(furnished: AwsCli) -> None:
    done = furnished.run(
        *("batch", "submit-job", "--job-name", "a", "--job-queue", "no", "--job-definition", "d")
    )

    assert done.returncode != 0
    assert "(ClientException) when calling the SubmitJob operation: JobQueue no not found." in done.stderr


def test_tags_and_deletions_go_through(furnished: AwsCli) -> None:
    batch = furnished.cloud.batch
    (queue,) = batch.describe_job_queues()["jobQueues"]
    arn = queue["jobQueueArn"]

    furnished.batch("tag-resource", "--resource-arn", arn, "--tags", "team=a")
    tags = furnished.batch("list-tags-for-resource", "--resource-arn", arn)["tags"]
    furnished.batch("update-job-queue", "--job-queue", "q", "--state", "DISABLED")
    furnished.batch("delete-job-queue", "--job-queue", "q")
    furnished.batch("deregister-job-definition", "--job-definition", "d:1")

    assert tags == {"team": "a"}
    eventually(lambda: not batch.describe_job_queues()["jobQueues"], "the queue is gone")


def documented_commands() -> list[str]:
    """Return the commands of ``docs/local-batch.md`` other than ``airflow-batch``."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    commands = [command for block in blocks for command in re.split(r"^\$ ", block, flags=re.MULTILINE)]
    return [command for command in commands if command.startswith(("aws ", "curl "))]


def test_the_commands_of_the_documentation_run(clients: PinnedEnvironment, script_server: LocalBatch) -> None:
    folder = str(Path(clients.aws).parent)
    environment = {
        **aws_environment(script_server.url),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
    }
    commands = "\n".join(documented_commands()).replace("http://127.0.0.1:4566", script_server.url)

    done = subprocess.run(
        ["sh", "-e", "-c", commands], env=environment, capture_output=True, text=True, timeout=240
    )

    LocalBatchRegion(script_server.url, "eu-west-1").clear_faults_and_scripts()
    assert done.returncode == 0, done.stderr
    assert len(documented_commands()) == 9
    assert '"jobName": "first"' in done.stdout
    assert done.stdout.endswith('{"id": 2}')
