"""One spec in every arrangement: submitted at once, submitted per job, and at once in a task group."""

from __future__ import annotations

from pathlib import Path

from tests.airflow.runs import RunUnderTest

SUBMISSIONS = {"at_once": "at_once", "per_job": "per_job", "group": "at_once"}
"""The submission of each arrangement."""

_DAG_FILE = """\
from datetime import UTC, datetime
from pathlib import Path

from airflow.sdk import DAG

from airflow_batch_provider import build_task_group, load_workflows

globals().update(load_workflows("{name}/*.yaml"))

with DAG("{name}_group", start_date=datetime(2006, 1, 1, tzinfo=UTC), schedule=None):
    build_task_group(Path(__file__).parent / "{name}" / "group" / "group.yaml", "group")
"""


def write_workflows(dags_folder: Path, name: str, spec: str, marker: Path) -> Path:
    """
    Write a spec once for each arrangement and return the DAG file that loads all three.

    The spec has the fields ``mode``, ``submission`` and ``marker``. The DAG of an arrangement is named
    ``<name>_<mode>``; the workflow in the task group is part of a DAG written by hand.
    """
    folder = dags_folder / name
    (folder / "group").mkdir(parents=True, exist_ok=True)
    for mode, submission in SUBMISSIONS.items():
        path = folder / "group" / "group.yaml" if mode == "group" else folder / f"{mode}.yaml"
        path.write_text(spec.format(mode=mode, submission=submission, marker=marker))
    dag_file = dags_folder / f"{name}.py"
    dag_file.write_text(_DAG_FILE.format(name=name))
    return dag_file


def prefix_of(mode: str) -> str:
    """Return what precedes a job key in the task IDs of an arrangement."""
    return "group." if mode == "group" else ""


def task_of(mode: str, run: RunUnderTest, key: str) -> str:
    """Return the ID of the task that follows the job of a key."""
    task_id = prefix_of(mode) + key
    return f"{task_id}.wait" if f"{task_id}.wait" in run.states else task_id
