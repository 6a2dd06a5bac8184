"""Create the demo's AWS resources: compute environment, job queue, job definitions and input data."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.process_environment import REGION

BUCKET = "post-trade"
JOB_QUEUE = "etl"
RAW_PRICES = "raw/stocks.csv"

COMPUTE_ENVIRONMENT = "etl-on-demand"
_PYTHON_IMAGE = "public.ecr.aws/docker/library/python:3.12-slim"
_SHELL_IMAGE = "public.ecr.aws/docker/library/busybox:stable"
_IMAGES = {
    "trade-clean": _PYTHON_IMAGE,
    "trade-process": _PYTHON_IMAGE,
    "trade-model": _PYTHON_IMAGE,
    "trade-store": _PYTHON_IMAGE,
    "step": _SHELL_IMAGE,
}
_MEMORY_MIB = 512
_MAX_VCPUS = 16
_VALID_SECONDS = 30.0
_POLL_SECONDS = 0.1


def set_up_account(endpoint_url: str, prices: Path) -> None:
    """Create missing resources and upload the prices; existing resources are not changed."""
    batch = aws_client("batch", endpoint_url)
    _create_compute_environment(batch)
    _create_job_queue(batch)
    for name, image in _IMAGES.items():
        _register_job_definition(batch, name, image)
    _upload(aws_client("s3", endpoint_url), prices)


def aws_client(service: str, endpoint_url: str) -> Any:
    """Return a boto3 client that ignores the user's credentials, Region and proxy."""
    import boto3
    from botocore.config import Config

    session: Any = boto3.Session("local", "local", region_name=REGION)
    return session.client(service, endpoint_url=endpoint_url, config=Config(proxies={}))


def _create_compute_environment(batch: Any) -> None:
    def describe() -> list[Any]:
        names = [COMPUTE_ENVIRONMENT]
        return list(batch.describe_compute_environments(computeEnvironments=names)["computeEnvironments"])

    if not describe():
        batch.create_compute_environment(
            computeEnvironmentName=COMPUTE_ENVIRONMENT,
            type="MANAGED",
            state="ENABLED",
            computeResources={
                "type": "EC2",
                "minvCpus": 0,
                "maxvCpus": _MAX_VCPUS,
                "instanceTypes": ["optimal"],
                "instanceRole": "ecsInstanceRole",
                "subnets": ["subnet-0a1b2c3d"],
                "securityGroupIds": ["sg-0a1b2c3d"],
            },
        )
    _wait_until_valid(describe, f"compute environment '{COMPUTE_ENVIRONMENT}'")


def _create_job_queue(batch: Any) -> None:
    def describe() -> list[Any]:
        return list(batch.describe_job_queues(jobQueues=[JOB_QUEUE])["jobQueues"])

    if not describe():
        batch.create_job_queue(
            jobQueueName=JOB_QUEUE,
            state="ENABLED",
            priority=1,
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": COMPUTE_ENVIRONMENT}],
        )
    _wait_until_valid(describe, f"job queue '{JOB_QUEUE}'")


def _wait_until_valid(describe: Callable[[], list[Any]], resource: str) -> None:
    deadline = time.monotonic() + _VALID_SECONDS
    while (status := [each["status"] for each in describe()]) != ["VALID"]:
        if "INVALID" in status or time.monotonic() > deadline:
            raise RuntimeError(f"{resource} is {status}, not VALID: {describe()[0].get('statusReason')}")
        time.sleep(_POLL_SECONDS)


def _register_job_definition(batch: Any, name: str, image: str) -> None:
    """Register a definition unless it exists: registering it again would create another revision."""
    if batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")["jobDefinitions"]:
        return
    batch.register_job_definition(
        jobDefinitionName=name,
        type="container",
        containerProperties={
            "image": image,
            "command": ["true"],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": str(_MEMORY_MIB)},
            ],
        },
    )


def _upload(s3: Any, prices: Path) -> None:
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=RAW_PRICES, Body=prices.read_bytes())


if __name__ == "__main__":
    set_up_account(sys.argv[1], Path(sys.argv[2]))
