"""Run the post-trade programs as AWS Batch would: as processes with an environment and access to S3."""

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3

PROGRAMS = Path(__file__).resolve().parents[2] / "dags" / "programs"
SYMBOLS = ("AAPL", "AMZN", "GOOG", "IBM", "MSFT")
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}


class PostTradeJobs:
    """The four programs on one bucket of one endpoint."""

    def __init__(self, endpoint: str, bucket: str) -> None:
        self.bucket = bucket
        self._environment = AWS | {
            "AWS_ENDPOINT_URL": endpoint,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROGRAMS),
            "SYMBOLS": ",".join(SYMBOLS),
        }
        self._s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(self, key: str, text: str) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def get(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def files(self, prefix: str) -> dict[str, bytes]:
        listed = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {entry["Key"].removeprefix(prefix): self.get(entry["Key"]) for entry in listed}

    def run(self, program: str, month: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"post_trade.{program}", "--month", month, "--bucket", self.bucket],
            env=self._environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def run_array(self, program: str, month: str) -> list[subprocess.CompletedProcess[str]]:
        def child(index: int) -> subprocess.CompletedProcess[str]:
            return self.run(program, month, AWS_BATCH_JOB_ARRAY_INDEX=str(index))

        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(child, range(len(SYMBOLS))))

    def run_month(self, month: str) -> str:
        """Run the four programs in order and return the stdout of ``store``."""
        _succeed([self.run("clean", month)])
        _succeed(self.run_array("process", month))
        _succeed(self.run_array("model", month))
        store = self.run("store", month)
        _succeed([store])
        return store.stdout


def _succeed(processes: Iterable[subprocess.CompletedProcess[str]]) -> None:
    for process in processes:
        assert process.returncode == 0, f"{process.args}: {process.stdout}{process.stderr}"
