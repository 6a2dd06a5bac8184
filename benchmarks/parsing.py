"""What a workflow of a thousand jobs costs the DAG processor, and a worker that runs one of its jobs."""

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


def workflow_of(jobs: int) -> str:
    """Write a workflow whose layers of ten jobs each depend on the layer before, three edges a job."""
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


def dag_factory_of(tasks: int) -> str:
    """Write the same shape for dag-factory, with Bash tasks."""
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
    """Run a program in fresh processes; say the median and the range of its CPU time."""
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
    return f"{1000 * statistics.median(seconds):,.0f} ms CPU ({spread}), {tasks:,} tasks built"


def main() -> None:
    """Measure with and without a plan on disk, and dag-factory beside it if its Python is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--dag-factory", metavar="PYTHON", help="a Python whose environment has dag-factory")
    options = parser.parse_args()
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; {options.runs} runs")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "measured.yaml").write_text(workflow_of(options.jobs))
        loader = home / "measured.py"
        airflow = {"AIRFLOW_HOME": folder, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        cold = {**airflow, "AIRFLOW__BATCH_PROVIDER__PLAN_CACHE": "off"}
        print("cold (read, check, plan, build):", _measure(sys.executable, _LOAD, loader, cold, options.runs))
        _measure(sys.executable, _LOAD, loader, airflow, 1)
        print("unchanged again:", _measure(sys.executable, _LOAD, loader, airflow, options.runs))
        one = {f"{_CONTEXT}_DAG_ID": "measured", f"{_CONTEXT}_TASK_ID": f"job_{options.jobs // 2}"}
        for name, where in (("with the plan on disk", airflow), ("without", cold)):
            took = _measure(sys.executable, _LOAD, loader, {**where, **one}, options.runs)
            print(f"a worker that runs one job, {name}:", took)
        if options.dag_factory:
            other = home / "dag_factory.yaml"
            other.write_text(dag_factory_of(options.jobs))
            for name, more in (("a DAG processor", {}), ("a worker that runs one task", one)):
                took = _measure(
                    options.dag_factory, _LOAD_OF_DAG_FACTORY, other, {**airflow, **more}, options.runs
                )
                print(f"dag-factory, {name}:", took)


if __name__ == "__main__":
    main()
