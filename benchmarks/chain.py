"""Measure a chain of one-second jobs, submitted with boto3 only and as a workflow in Airflow."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.account import JOB_QUEUE, aws_client, set_up_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess

_REPOSITORY = Path(__file__).resolve().parents[1]
_SCRIPT = json.dumps({"duration_seconds": 1})
_POLL_SECONDS = 0.1


def chain_spec(jobs: int) -> str:
    """Return a spec whose jobs form a chain."""
    lines = [
        "workflow: chain",
        "airflow: {start_date: 2006-01-01}",
        "defaults:",
        f"  job_queue: {JOB_QUEUE}",
        "  job_definition: step",
        f"  environment: {{LOCAL_BATCH_SCRIPT: '{_SCRIPT}'}}",
        "jobs:",
    ]
    for number in range(jobs):
        lines.append(f"  job_{number}: {{depends_on: [{f'job_{number - 1}' if number else ''}]}}")
    return "\n".join(lines)


def measure_bare_chain(batch: Any, jobs: int) -> float:
    """Submit the chain with boto3 only; return the seconds from the first call to the last job's end."""
    started, before = time.time(), []
    script = [{"name": "LOCAL_BATCH_SCRIPT", "value": _SCRIPT}]
    for number in range(jobs):
        answer = batch.submit_job(
            jobName=f"bare-{number}",
            jobQueue=JOB_QUEUE,
            jobDefinition="step",
            dependsOn=before,
            containerOverrides={"environment": script},
        )
        before = [{"jobId": answer["jobId"]}]
    return _wait_until_ended(batch, before[0]["jobId"]) - started


def measure_airflow(airflow: AirflowProcesses, batch: Any, jobs: int) -> tuple[float, float]:
    """Run the workflow; return the seconds from trigger to first submission, and to the last job's end."""
    triggered = time.time()
    run = airflow.api.trigger("chain")
    airflow.api.wait_for_task("chain", run.run_id, "submit", ["success"], timeout_seconds=300)
    published = airflow.api.xcoms("chain", run.run_id, "submit")
    first, last = published["job_0"], published[f"job_{jobs - 1}"]
    ended = _wait_until_ended(batch, last)
    (job,) = batch.describe_jobs(jobs=[first])["jobs"]
    airflow.api.wait_for_run("chain", run.run_id, timeout_seconds=300)
    return job["createdAt"] / 1000 - triggered, ended - triggered


def _wait_until_ended(batch: Any, job_id: str) -> float:
    while True:
        (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
        if job["status"] == "SUCCEEDED":
            return float(job["stoppedAt"] / 1000)
        if job["status"] == "FAILED":
            raise RuntimeError(f"job {job_id} failed: {job.get('statusReason')}")
        time.sleep(_POLL_SECONDS)


def main() -> None:
    """Measure both on the same local AWS Batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20, help="length of the chain (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="number of runs (default: %(default)s)")
    options = parser.parse_args()
    lifeline = Lifeline()
    print(f"load average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as folder:
        home, dags = Path(folder), Path(folder) / "dags"
        dags.mkdir()
        (dags / "chain.yaml").write_text(chain_spec(options.jobs))
        (dags / "chain.py").write_text((_REPOSITORY / "dags" / "post_trade.py").read_text())
        with LocalBatchProcess(home, runner="script", lifeline=lifeline) as local:
            set_up_account(local.url, _REPOSITORY / "dags" / "data" / "stocks.csv")
            batch = aws_client("batch", local.url)
            settings = AirflowSettings(home=home, dags_folder=dags, aws_endpoint_url=local.url)
            with AirflowProcesses(settings, lifeline=lifeline) as airflow:
                airflow.api.wait_for_dag("chain")
                for _ in range(options.runs):
                    bare = measure_bare_chain(batch, options.jobs)
                    first, last = measure_airflow(airflow, batch, options.jobs)
                    ratio = (last - first) / bare
                    print(
                        f"{options.jobs} jobs: boto3 only {bare:.2f} s; in Airflow {last:.2f} s from the "
                        f"trigger, including {first:.2f} s until the first submission; without those, "
                        f"{ratio:.2f} times as long as boto3 only"
                    )
    lifeline.release()


if __name__ == "__main__":
    main()
