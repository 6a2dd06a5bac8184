"""Measure the submission of a workflow, from the start of task `submit` to the creation of the last job."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from harness.account import JOB_QUEUE, aws_client, set_up_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess

_REPOSITORY = Path(__file__).resolve().parents[1]
_DESCRIBE_MAX = 100


def layered_spec(jobs: int, layers: int) -> str:
    """Return a spec in layers; each job depends on three jobs of the previous layer."""
    width = jobs // layers
    lines = ["workflow: measured", "airflow: {start_date: 2006-01-01}"]
    lines += [f"defaults: {{job_queue: {JOB_QUEUE}, job_definition: step, command: [sleep, '60']}}", "jobs:"]
    for number in range(width * layers):
        layer, place = divmod(number, width)
        before = {(layer - 1) * width + (place + step) % width for step in range(3)}
        upstream = sorted(before) if layer else []
        lines.append(f"  job_{number}: {{depends_on: [{', '.join(f'job_{other}' for other in upstream)}]}}")
    return "\n".join(lines)


def measure(airflow: AirflowProcesses, batch_url: str) -> tuple[float, float, int]:
    """Trigger a run; return the seconds until the first and the last job, and the number of jobs."""
    run = airflow.api.trigger("measured")
    airflow.api.wait_for_task("measured", run.run_id, "submit", ["success", "failed"], timeout_seconds=300)
    submit = airflow.api.task_instance("measured", run.run_id, "submit")
    published = airflow.api.xcoms("measured", run.run_id, "submit")
    airflow.api.set_run_state("measured", run.run_id, "failed")
    batch, ids = aws_client("batch", batch_url), list(published.values())
    created = [
        job["createdAt"]
        for start in range(0, len(ids), _DESCRIBE_MAX)
        for job in batch.describe_jobs(jobs=ids[start : start + _DESCRIBE_MAX])["jobs"]
    ]
    for job_id in ids:
        batch.terminate_job(jobId=job_id, reason="measured")
    if submit.start is None:
        raise RuntimeError("Airflow reports no start date for task 'submit'")
    began = submit.start.timestamp()
    return min(created) / 1000 - began, max(created) / 1000 - began, len(created)


def main() -> None:
    """Measure several runs on a local AWS Batch and Airflow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100, help="number of jobs (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=10, help="number of layers (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="number of runs (default: %(default)s)")
    options = parser.parse_args()
    lifeline = Lifeline()
    with tempfile.TemporaryDirectory() as folder:
        home, dags = Path(folder), Path(folder) / "dags"
        dags.mkdir()
        (dags / "measured.yaml").write_text(layered_spec(options.jobs, options.layers))
        (dags / "measured.py").write_text((_REPOSITORY / "dags" / "post_trade.py").read_text())
        with LocalBatchProcess(home, python_path=[], lifeline=lifeline) as batch:
            set_up_account(batch.url, _REPOSITORY / "dags" / "data" / "stocks.csv")
            settings = AirflowSettings(home=home, dags_folder=dags, aws_endpoint_url=batch.url)
            with AirflowProcesses(settings, lifeline=lifeline) as airflow:
                airflow.api.wait_for_dag("measured")
                for number in range(options.runs):
                    first, last, jobs = measure(airflow, batch.url)
                    print(
                        f"run {number + 1}: {jobs} jobs, the first {first:.2f} s and the last {last:.2f} s "
                        "after the start of 'submit'"
                    )
    lifeline.release()


if __name__ == "__main__":
    main()
