"""Measure how long a small workflow waits while a large one has hundreds of tasks to run."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from harness.account import JOB_QUEUE, set_up_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.postgres import PostgresProcess

_REPOSITORY = Path(__file__).resolve().parents[1]
_SCRIPT = json.dumps({"duration_seconds": 0})
_CHAIN = 8
_SMALL_JOBS = 3


def workflow_spec(name: str, chains: int, length: int, mode: str, weight_rule: str | None) -> str:
    """Return a spec of parallel chains; each chain has ``length`` jobs."""
    rule = f", default_args: {{weight_rule: {weight_rule}}}" if weight_rule else ""
    lines = [
        f"workflow: {name}",
        f"submission: {mode}",
        f"airflow: {{start_date: 2006-01-01{rule}}}",
        "defaults:",
        f"  job_queue: {JOB_QUEUE}",
        "  job_definition: step",
        f"  environment: {{LOCAL_BATCH_SCRIPT: '{_SCRIPT}'}}",
        "jobs:",
    ]
    for chain in range(chains):
        for step in range(length):
            before = f"job_{chain}_{step - 1}" if step else ""
            lines.append(f"  job_{chain}_{step}: {{depends_on: [{before}]}}")
    return "\n".join(lines)


def measure(airflow: AirflowProcesses, small_runs: int) -> tuple[list[float], float]:
    """Return the seconds of each small run that starts while the large run is busy, and of the large run."""
    began = time.time()
    large = airflow.api.trigger("large")
    # The large workflow's first follower has started: its jobs are submitted, and its tasks are queued.
    while not any(
        task.task_id != "submit" and task.state not in (None, "scheduled", "queued")
        for task in airflow.api.task_instances("large", large.run_id)
    ):
        time.sleep(0.5)
    seconds = []
    for _ in range(small_runs):
        triggered = time.time()
        run = airflow.api.trigger("small")
        airflow.api.wait_for_run("small", run.run_id, timeout_seconds=3600)
        seconds.append(time.time() - triggered)
        if airflow.api.run("large", large.run_id).state != "running":
            raise RuntimeError("the large run has ended before the small one; give it more --jobs")
    airflow.api.wait_for_run("large", large.run_id, timeout_seconds=7200)
    return seconds, time.time() - began


def main() -> None:
    """Run both workflows on PostgreSQL, LocalExecutor and a local AWS Batch whose jobs take no time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=800, help="jobs of the large workflow")
    parser.add_argument("--runs", type=int, default=2, help="small runs, one after the other")
    parser.add_argument("--mode", default="at_once", help="at_once or per_job (default: %(default)s)")
    parser.add_argument("--weight-rule", help="a rule of Airflow in place of the provider's weights")
    options = parser.parse_args()
    lifeline = Lifeline()
    with tempfile.TemporaryDirectory() as folder, PostgresProcess(lifeline) as postgres:
        home, dags = Path(folder), Path(folder) / "dags"
        dags.mkdir()
        for name, chains, length in (
            ("large", options.jobs // _CHAIN, _CHAIN),
            ("small", 1, _SMALL_JOBS),
        ):
            spec = workflow_spec(name, chains, length, options.mode, options.weight_rule)
            (dags / f"{name}.yaml").write_text(spec)
            (dags / f"{name}.py").write_text((_REPOSITORY / "dags" / "post_trade.py").read_text())
        with LocalBatchProcess(home, runner="script", lifeline=lifeline) as local:
            set_up_account(local.url, _REPOSITORY / "dags" / "data" / "stocks.csv")
            settings = AirflowSettings(
                home=home,
                dags_folder=dags,
                aws_endpoint_url=local.url,
                database_url=postgres.url,
                environment={"AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "20"},
            )
            with AirflowProcesses(settings, lifeline=lifeline) as airflow:
                for name in ("large", "small"):
                    airflow.api.wait_for_dag(name)
                small, large = measure(airflow, options.runs)
        rule = options.weight_rule or "the provider's weights"
        print(f"load average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
        runs = ", ".join(f"{seconds:.0f} s" for seconds in small)
        print(f"{options.mode}, {rule}: {_SMALL_JOBS} jobs in {runs}; {options.jobs} jobs in {large:.0f} s")
    lifeline.release()


if __name__ == "__main__":
    main()
