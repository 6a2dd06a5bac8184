"""boto3 clients of a local Batch, each set in its own Region."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

import boto3
from botocore.config import Config

DEADLINE_SECONDS = 120.0
FINAL = ("SUCCEEDED", "FAILED")

T = TypeVar("T")

_session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any")
_regions = count(1)


def eventually(look: Callable[[], T | None], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """Poll ``look`` until it returns a true value, and return that value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.005)
    raise AssertionError(f"not within {seconds} s: {what}")


class Cloud:
    """
    The services at one endpoint, and helpers to create what jobs need.

    Every cloud has its own Region.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.region = f"xx-test-{next(_regions)}"

    def client(self, service: str, **config: Any) -> Any:
        settings = Config(retries={"total_max_attempts": 1}, **config)
        return _session.client(service, region_name=self.region, endpoint_url=self.url, config=settings)

    @cached_property
    def batch(self) -> Any:
        return self.client("batch")

    @cached_property
    def logs(self) -> Any:
        return self.client("logs")

    def environment(self, name: str = "ce", vcpus: int = 16, **resources: Any) -> str:
        described = {"type": "EC2", "maxvCpus": vcpus, **resources}
        answer = self.batch.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=described
        )
        return str(answer["computeEnvironmentArn"])

    def queue(self, name: str = "q", *environments: str, priority: int = 1) -> str:
        order = [
            {"order": index, "computeEnvironment": arn} for index, arn in enumerate(environments, start=1)
        ]
        answer = self.batch.create_job_queue(
            jobQueueName=name, priority=priority, computeEnvironmentOrder=order
        )
        return str(answer["jobQueueArn"])

    def define(self, name: str = "d", **request: Any) -> str:
        container = {
            "image": "busybox",
            "command": ["true"],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
            **request.pop("containerProperties", {}),
        }
        answer = self.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container, **request
        )
        return str(answer["jobDefinitionArn"])

    def set_up(self) -> None:
        """Create the queue ``q`` and the definition ``d``."""
        self.queue("q", self.environment())
        self.define()

    def submit(self, *command: str, **request: Any) -> str:
        if command:
            request.setdefault("containerOverrides", {})["command"] = list(command)
        defaults = {"jobName": "job", "jobQueue": "q", "jobDefinition": "d"}
        return str(self.batch.submit_job(**{**defaults, **request})["jobId"])

    def describe(self, job_id: str) -> dict[str, Any]:
        (job,) = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        return dict(job)

    def wait(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until a job has one of these statuses, by default a final one, and return its description."""
        wanted = statuses or FINAL

        def look() -> dict[str, Any] | None:
            job = self.describe(job_id)
            return job if job["status"] in wanted else None

        return eventually(look, f"job {job_id} {' or '.join(wanted)}")

    def run(self, *command: str, **request: Any) -> dict[str, Any]:
        """Submit a job, wait until it has ended, and return its description."""
        return self.wait(self.submit(*command, **request))

    def lines(self, job: dict[str, Any]) -> list[str]:
        """Return the log lines of a job or attempt, given its description."""
        answer = self.logs.get_log_events(
            logGroupName="/aws/batch/job",
            logStreamName=job["container"]["logStreamName"],
            startFromHead=True,
        )
        return [event["message"] for event in answer["events"]]
