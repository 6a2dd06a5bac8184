"""Compare waits that start in a worker with waits that start in the triggerer: duration and memory."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import psutil

from harness.account import COMPUTE_ENVIRONMENT, JOB_QUEUE, aws_client, set_up_account
from harness.airflow_processes import TRIGGERER, AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess

_REPOSITORY = Path(__file__).resolve().parents[1]
_START_MODES = {"in_worker": "false", "in_triggerer": "true"}
_MIB = 1024 * 1024


def independent_jobs_spec(name: str, jobs: int, starts: str) -> str:
    """Return a spec of independent one-minute jobs."""
    lines = [
        f"workflow: {name}",
        "airflow: {start_date: 2006-01-01, params: {seconds: 60}}",
        f"defaults: {{job_queue: {JOB_QUEUE}, job_definition: step, start_in_triggerer: {starts}}}",
        "jobs:",
    ]
    script = """'{"duration_seconds": {{ params.seconds }}}'"""
    lines += [f"  job_{number}: {{environment: {{LOCAL_BATCH_SCRIPT: {script}}}}}" for number in range(jobs)]
    return "\n".join(lines)


def measure(airflow: AirflowProcesses, dag_id: str, jobs: int) -> tuple[float, float, int]:
    """Run a workflow; return the seconds until all tasks wait and until it ends, and the peak MiB."""
    airflow.api.wait_for_dag(dag_id)
    run = airflow.api.trigger(dag_id)
    airflow.api.wait_for_task(dag_id, run.run_id, "submit", ["success"], timeout_seconds=600)
    submitted, waiting, peak = time.monotonic(), 0.0, 0
    while not airflow.api.run(dag_id, run.run_id).is_final:
        peak = max(peak, _resident_memory(airflow.service(TRIGGERER).pid))
        if not waiting and _published(airflow, dag_id, run.run_id) >= jobs:
            waiting = time.monotonic() - submitted
        time.sleep(0.5)
    return waiting, time.monotonic() - submitted, peak // _MIB


def _published(airflow: AirflowProcesses, dag_id: str, run_id: str) -> int:
    """Count the tasks that have published the id of their job."""
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/~/xcomEntries"
    return int(airflow.api.call("GET", path, xcom_key="job_id", limit=1)["total_entries"])


def _resident_memory(pid: int) -> int:
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])


def main() -> None:
    """Measure both modes, each on a separate Airflow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100, help="number of jobs (default: %(default)s)")
    options = parser.parse_args()
    for name, starts in _START_MODES.items():
        lifeline = Lifeline()
        with tempfile.TemporaryDirectory() as folder:
            home, dags = Path(folder), Path(folder) / "dags"
            dags.mkdir()
            (dags / f"{name}.yaml").write_text(independent_jobs_spec(name, options.jobs, starts))
            (dags / f"{name}.py").write_text((_REPOSITORY / "dags" / "post_trade.py").read_text())
            with LocalBatchProcess(home, runner="script", lifeline=lifeline) as batch:
                set_up_account(batch.url, _REPOSITORY / "dags" / "data" / "stocks.csv")
                aws_client("batch", batch.url).update_compute_environment(
                    computeEnvironment=COMPUTE_ENVIRONMENT, computeResources={"maxvCpus": options.jobs}
                )
                settings = AirflowSettings(home=home, dags_folder=dags, aws_endpoint_url=batch.url)
                with AirflowProcesses(settings, lifeline=lifeline) as airflow:
                    waiting, ended, mib = measure(airflow, name, options.jobs)
                    print(
                        f"{name}: all {options.jobs} tasks waiting {waiting:.1f} s after 'submit', "
                        f"run ended after {ended:.1f} s, triggerer memory {mib} MiB",
                        flush=True,
                    )
        lifeline.release()


if __name__ == "__main__":
    main()
