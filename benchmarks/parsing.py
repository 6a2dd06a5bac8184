"""Measure loading a workflow of 1,000 jobs in the DAG processor and in a worker that runs one job."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_WIDTH = 10
_CONTEXT = "_AIRFLOW_PARSING_CONTEXT"

_LOAD = """
import gc, sys, time
from airflow_batch_provider.dag.discovery import load_workflows
gc.collect()
started = time.process_time()
(dag,) = load_workflows(sys.argv[1]).values()
seconds = time.process_time() - started
print(seconds, len(dag.task_dict))
"""

_LOAD_OF_DAG_FACTORY = """
import gc, sys, time
import dagfactory
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
from dagfactory import load_yaml_dags
gc.collect()
started = time.process_time()
made = {"__file__": sys.argv[1]}
load_yaml_dags(made, config_filepath=sys.argv[1])
seconds = time.process_time() - started
(dag,) = [value for value in made.values() if isinstance(value, DAG)]
print(seconds, len(dag.task_dict))
"""


def layered_spec(jobs: int) -> str:
    """Return a spec with layers of ten jobs; each job depends on three jobs of the previous layer."""
    lines = [
        "workflow: measured",
        "airflow: {start_date: 2006-01-01}",
        "defaults: {job_queue: etl, job_definition: step, attempts: 3}",
        "jobs:",
    ]
    for number in range(jobs):
        lines += [
            f"  job_{number}:",
            f"    command: [python, -m, work, --part, '{number}', --day, '{{{{ ds }}}}']",
            f"    environment: {{PART: {number}, LEVEL: info}}",
            "    vcpus: 1",
            "    memory: 2GiB",
            f"    depends_on: [{', '.join(f'job_{other}' for other in _before(number))}]",
        ]
    return "\n".join(lines)


def dag_factory_spec(tasks: int) -> str:
    """Return the same graph for dag-factory, with Bash tasks."""
    lines = ["measured:", "  default_args: {start_date: 2006-01-01}", "  schedule: null", "  tasks:"]
    for number in range(tasks):
        lines += [
            f"    - task_id: job_{number}",
            "      operator: airflow.providers.standard.operators.bash.BashOperator",
            f"      bash_command: \"python -m work --part {number} --day '{{{{ ds }}}}'\"",
            f"      env: {{PART: '{number}', LEVEL: info}}",
            f"      dependencies: [{', '.join(f'job_{other}' for other in _before(number))}]",
        ]
    return "\n".join(lines)


def _before(number: int) -> list[int]:
    layer, place = divmod(number, _WIDTH)
    return sorted({(layer - 1) * _WIDTH + (place + step) % _WIDTH for step in range(3)}) if layer else []


def _measure(python: str, program: str, file: Path, environment: dict[str, str], runs: int) -> str:
    """Run a program in new processes; return the median and range of its CPU time as text."""
    seconds, tasks = [], 0
    for _ in range(runs):
        ended = subprocess.run(
            [python, "-c", program, str(file)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise RuntimeError(ended.stderr)
        took, count = ended.stdout.split()[-2:]
        seconds.append(float(took))
        tasks = int(count)
    spread = f"{1000 * min(seconds):,.0f} to {1000 * max(seconds):,.0f}"
    return f"{1000 * statistics.median(seconds):,.0f} ms CPU time ({spread}), {tasks:,} tasks built"


def main() -> None:
    """Measure with and without a cached plan, and dag-factory for comparison if its Python is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000, help="number of jobs (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=7, help="number of runs (default: %(default)s)")
    parser.add_argument("--dag-factory", metavar="PYTHON", help="Python of an environment with dag-factory")
    options = parser.parse_args()
    print(f"load average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; {options.runs} runs")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "measured.yaml").write_text(layered_spec(options.jobs))
        loader = home / "measured.py"
        airflow = {"AIRFLOW_HOME": folder, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        cold = {**airflow, "AIRFLOW__BATCH_PROVIDER__PLAN_CACHE": "off"}
        print(
            "DAG processor, first load (read, check, plan, build):",
            _measure(sys.executable, _LOAD, loader, cold, options.runs),
        )
        _measure(sys.executable, _LOAD, loader, airflow, 1)
        print(
            "DAG processor, unchanged file (cached plan):",
            _measure(sys.executable, _LOAD, loader, airflow, options.runs),
        )
        one = {f"{_CONTEXT}_DAG_ID": "measured", f"{_CONTEXT}_TASK_ID": f"job_{options.jobs // 2}"}
        for name, where in (("with a cached plan", airflow), ("without a cached plan", cold)):
            took = _measure(sys.executable, _LOAD, loader, {**where, **one}, options.runs)
            print(f"worker that runs one job, {name}:", took)
        if options.dag_factory:
            other = home / "dag_factory.yaml"
            other.write_text(dag_factory_spec(options.jobs))
            for name, more in (("DAG processor", {}), ("worker that runs one task", one)):
                took = _measure(
                    options.dag_factory, _LOAD_OF_DAG_FACTORY, other, {**airflow, **more}, options.runs
                )
                print(f"dag-factory, {name}:", took)


if __name__ == "__main__":
    main()
