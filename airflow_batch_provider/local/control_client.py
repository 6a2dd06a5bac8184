"""A Region of a local Batch in the hands of a test: its clients, and the control API."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import boto3

TIMEOUT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.01
FINAL: Final = ("SUCCEEDED", "FAILED")


class ControlRefusedError(Exception):
    """The control API has refused; the text says why."""


@dataclass(frozen=True, slots=True)
class LocalBatchRegion:
    """
    One Region of a server.

    :param url: of the server, the endpoint of all services.
    :param region: any name; what it holds is seen in no other.
    """

    url: str
    region: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead clients of AWS here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def client(self, service: str = "batch") -> Any:
        """Return a boto3 client of a service."""
        session: Any = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local")
        return session.client(service, region_name=self.region, endpoint_url=self.url)

    def create_queue(self, name: str = "queue", vcpus: int = 16) -> str:
        """Create a job queue on a compute environment of its own, and return its ARN."""
        batch = self.client()
        environment = batch.create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            computeResources={
                "type": "EC2",
                "minvCpus": 0,
                "maxvCpus": vcpus,
                "instanceTypes": ["optimal"],
                "subnets": ["subnet-0"],
                "instanceRole": "ecsInstanceRole",
            },
        )
        queue = batch.create_job_queue(
            jobQueueName=name,
            priority=1,
            computeEnvironmentOrder=[
                {"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}
            ],
        )
        return str(queue["jobQueueArn"])

    def wait(self, job_id: str, *statuses: str, seconds: float = 120.0) -> dict[str, Any]:
        """
        Return the description of a job once it has one of these statuses, by default a final one.

        :param seconds: how long to wait at most.
        """
        batch, wanted = self.client(), statuses or FINAL
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for job in batch.describe_jobs(jobs=[job_id])["jobs"]:
                if job["status"] in wanted:
                    return dict(job)
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"job {job_id} was not {' or '.join(wanted)} within {seconds:g} s")

    def order_fault(self, **fault: Any) -> None:
        """Let calls go wrong; the members are those of a fault of the control API."""
        self._ask("POST", "faults", fault)

    def move_clock(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ask("POST", "clock", {"advance_seconds": seconds})

    def script(self, *scripts: Mapping[str, Any]) -> None:
        """Say how jobs go that say nothing themselves; the first script that fits is played."""
        self._ask("POST", "scripts", list(scripts))

    def calls(self, operation: str) -> int:
        """Return how often an operation has been called in this Region; the last 10,000 calls count."""
        answer = self._ask("GET", f"calls?{urlencode({'operation': operation})}")
        return sum(call["region"] == self.region for call in answer["calls"])

    def requests(self) -> list[dict[str, Any]]:
        """List the calls of this Region, each with its ``operation``, ``path`` and ``request``."""
        answer = self._ask("GET", "calls?requests=true")
        return [call for call in answer["calls"] if call["region"] == self.region]

    def forget_job(self, job_id: str) -> None:
        """Hide a job from DescribeJobs and ListJobs."""
        self._ask_of_job(job_id, "forget", {})

    def end_job(self, job_id: str, exit_code: int = 0, reason: str | None = None) -> None:
        """End the attempt of a job that runs, or of all children of an array job."""
        self._ask_of_job(job_id, "end", {"exit_code": exit_code, "reason": reason})

    def reclaim_host(self, job_id: str, instance_id: str = "i-0123456789abcdef0") -> None:
        """Take away the host of a job that runs."""
        self._ask_of_job(job_id, "reclaim", {"instance_id": instance_id})

    def order_shortage(self, compute_environment: str, reason: str | None = None) -> None:
        """
        Let a compute environment launch no instance.

        :param reason: the ``statusReason`` of jobs that wait for one; that of a lack of capacity by default.
        """
        self._ask("POST", self._path_of("shortages", compute_environment), {"reason": reason})

    def end_shortage(self, compute_environment: str) -> None:
        """Let a compute environment launch instances again."""
        self._ask("DELETE", self._path_of("shortages", compute_environment))

    def order_defect(self, compute_environment: str, reason: str | None = None) -> None:
        """
        Make a compute environment INVALID: no queue can be given it, and it takes no new jobs.

        :param reason: its ``statusReason``; by default that a role cannot be assumed.
        """
        self._ask("POST", self._path_of("defects", compute_environment), {"reason": reason})

    def end_defect(self, compute_environment: str) -> None:
        """Make a compute environment VALID again."""
        self._ask("DELETE", self._path_of("defects", compute_environment))

    def withdraw(self) -> None:
        """Withdraw faults and scripts, for all Regions."""
        self._ask("DELETE", "faults")
        try:
            self.script()
        except ControlRefusedError:
            return  # Another runner plays no scripts.

    def _path_of(self, collection: str, compute_environment: str) -> str:
        return f"{collection}/{quote(compute_environment, safe='')}?{urlencode({'region': self.region})}"

    def _ask_of_job(self, job_id: str, verb: str, body: Any) -> None:
        self._ask("POST", f"jobs/{quote(job_id, safe='')}/{verb}?{urlencode({'region': self.region})}", body)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_local/{path}", content, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise ControlRefusedError(json.load(error)["message"]) from error
