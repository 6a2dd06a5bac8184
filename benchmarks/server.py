"""Run the local AWS Batch as a separate process, to measure its CPU time and memory without the client's."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import psutil
from botocore.config import Config

_START = "listening on "


class MeasuredServer:
    """
    Start a server with job queue ``q`` (16 vCPUs) and job definition ``d``.

    :param arguments: options of ``airflow-batch local``.
    :param is_new: whether to create the queue and the definition; False if a state file contains them.
    """

    def __init__(self, *arguments: str, is_new: bool = True) -> None:
        command = [sys.executable, "-m", "airflow_batch_provider.local", "--port", "0", *arguments]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if self._process.stdout is None:
            raise RuntimeError("the server's output is not piped")
        self.url = self._process.stdout.readline().strip().removeprefix(_START)
        self._usage = psutil.Process(self._process.pid)
        self._connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=120)
        self.batch = self.client("batch")
        if is_new:
            self._set_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait(30)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120),
        )

    def call(self, operation: str, params: dict[str, Any]) -> Any:
        """Call an operation without boto3, which takes longer than the server itself."""
        self._connection.request("POST", f"/v1/{operation.lower()}", json.dumps(params))
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        if response.status != http.client.OK:
            raise RuntimeError(f"{operation}: {answer}")
        return answer

    def submit(self, **request: Any) -> str:
        return str(
            self.call("SubmitJob", {"jobName": "job", "jobQueue": "q", "jobDefinition": "d", **request})[
                "jobId"
            ]
        )

    def status(self, job_id: str) -> str:
        return str(self.call("DescribeJobs", {"jobs": [job_id]})["jobs"][0]["status"])

    def succeeded(self) -> set[str]:
        """Return the ids of jobs that have succeeded, without calling DescribeJobs."""
        listed = self.call("ListJobs", {"jobQueue": "q", "jobStatus": "SUCCEEDED"})["jobSummaryList"]
        return {str(job["jobId"]) for job in listed}

    def reset_calls(self) -> None:
        """Discard the calls recorded for :meth:`latencies` (requires ``--control``)."""
        self._control("DELETE", "calls")

    def latencies(self, operation: str) -> list[float]:
        """Return the server's milliseconds for each recent call (requires ``--control``)."""
        calls = self._control("GET", f"calls?operation={operation}")["calls"]
        return [1000 * call["seconds"] for call in calls]

    def _control(self, method: str, path: str) -> Any:
        self._connection.request(method, f"/_local/{path}")
        return json.loads(self._connection.getresponse().read())

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of the server process, without its jobs."""
        times = self._usage.cpu_times()
        return float(times.user + times.system)

    @property
    def peak_megabytes(self) -> float:
        """The peak resident memory of the server (on Linux), otherwise the current one."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
            return int(peak) / 1024
        except OSError:
            return float(self._usage.memory_info().rss) / 2**20

    def _set_up(self) -> None:
        resources = {"type": "EC2", "maxvCpus": 16}
        self.batch.create_compute_environment(
            computeEnvironmentName="ce", type="MANAGED", computeResources=resources
        )
        order = [{"order": 1, "computeEnvironment": "ce"}]
        self.batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
        container = {"image": "busybox", "command": ["sleep", "0.1"], "vcpus": 1, "memory": 64}
        self.batch.register_job_definition(
            jobDefinitionName="d", type="container", containerProperties=container
        )
