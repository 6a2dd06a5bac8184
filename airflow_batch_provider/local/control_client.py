"""A Region of a local Batch for a test: its boto3 clients and the control API."""

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
    """The control API rejected a request; the message is the server's."""


@dataclass(frozen=True, slots=True)
class LocalBatchRegion:
    """
    One Region of a server.

    :param url: the URL of the server, the endpoint of all services.
    :param region: any name. Regions share no resources.
    """

    url: str
    region: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that point AWS clients at this Region."""
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
        """Create a job queue with its own compute environment, and return the queue's ARN."""
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
        Wait until a job has one of these statuses, by default a final one, and return its description.

        :param seconds: how long to wait at most.
        :raises TimeoutError: if the job does not reach one of the statuses in time.
        """
        batch, wanted = self.client(), statuses or FINAL
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for job in batch.describe_jobs(jobs=[job_id])["jobs"]:
                if job["status"] in wanted:
                    return dict(job)
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"job {job_id} did not become {' or '.join(wanted)} within {seconds:g} s")

    def inject_fault(self, **fault: Any) -> None:
        """Make calls fail or slow down; the members are those of a fault of the control API."""
        self._send("POST", "faults", fault)

    def advance_clock(self, seconds: float) -> None:
        """Advance the server's clock."""
        self._send("POST", "clock", {"advance_seconds": seconds})

    def script(self, *scripts: Mapping[str, Any]) -> None:
        """Set the scripts for jobs without a script of their own; the first that matches is played."""
        self._send("POST", "scripts", list(scripts))

    def calls(self, operation: str) -> int:
        """Return how often an operation was called in this Region, among the server's last 10,000 calls."""
        answer = self._send("GET", f"calls?{urlencode({'operation': operation})}")
        return sum(call["region"] == self.region for call in answer["calls"])

    def requests(self) -> list[dict[str, Any]]:
        """Return the calls in this Region, each with its ``operation``, ``path`` and ``request``."""
        answer = self._send("GET", "calls?requests=true")
        return [call for call in answer["calls"] if call["region"] == self.region]

    def forget_job(self, job_id: str) -> None:
        """Hide a job from DescribeJobs and ListJobs."""
        self._post_to_job(job_id, "forget", {})

    def end_job(self, job_id: str, exit_code: int = 0, reason: str | None = None) -> None:
        """End the running attempt of a job, or those of all children of an array job."""
        self._post_to_job(job_id, "end", {"exit_code": exit_code, "reason": reason})

    def reclaim_host(self, job_id: str, instance_id: str = "i-0123456789abcdef0") -> None:
        """Terminate the host of a running job."""
        self._post_to_job(job_id, "reclaim", {"instance_id": instance_id})

    def start_shortage(self, compute_environment: str, reason: str | None = None) -> None:
        """
        Stop a compute environment from launching instances.

        :param reason: the ``statusReason`` of jobs that wait for an instance; by default, insufficient
            capacity.
        """
        self._send("POST", self._path_of("shortages", compute_environment), {"reason": reason})

    def end_shortage(self, compute_environment: str) -> None:
        """Allow a compute environment to launch instances again."""
        self._send("DELETE", self._path_of("shortages", compute_environment))

    def start_defect(self, compute_environment: str, reason: str | None = None) -> None:
        """
        Make a compute environment INVALID: it accepts no new jobs and cannot be added to a queue.

        :param reason: its ``statusReason``; by default, that a role cannot be assumed.
        """
        self._send("POST", self._path_of("defects", compute_environment), {"reason": reason})

    def end_defect(self, compute_environment: str) -> None:
        """Make a compute environment VALID again."""
        self._send("DELETE", self._path_of("defects", compute_environment))

    def clear_faults_and_scripts(self) -> None:
        """Remove all faults and scripts, for all Regions."""
        self._send("DELETE", "faults")
        try:
            self.script()
        except ControlRefusedError:
            return  # Only the script runner has scripts.

    def _path_of(self, collection: str, compute_environment: str) -> str:
        return f"{collection}/{quote(compute_environment, safe='')}?{urlencode({'region': self.region})}"

    def _post_to_job(self, job_id: str, action: str, body: Any) -> None:
        path = f"jobs/{quote(job_id, safe='')}/{action}?{urlencode({'region': self.region})}"
        self._send("POST", path, body)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_local/{path}", content, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise ControlRefusedError(json.load(error)["message"]) from error
