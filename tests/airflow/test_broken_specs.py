"""A broken spec causes one import error with file and line; other workflows keep working."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually
from tests.airflow.runs import RunUnderTest

BROKEN = """\
workflow: pattern_broken
defaults: {job_queue: etl, job_definition: step}
jobs:
  one: {depends_on: [two]}
"""


class Write(Protocol):
    """Write a file and touch the DAG file that reads it."""

    def __call__(self, name: str, text: str, *, dag_file: str) -> None: ...


@pytest.fixture
def write(dags_folder: Path) -> Iterator[Write]:
    """Write files into the DAGs folder, make Airflow reparse the DAG file, and delete them after the test."""
    written: list[Path] = []

    def write_file(name: str, text: str, *, dag_file: str) -> None:
        path = dags_folder / name
        path.write_text(text)
        written.append(path)
        (dags_folder / dag_file).touch()

    yield write_file
    for path in written:
        path.unlink(missing_ok=True)


def errors_of(airflow: AirflowProcesses, name: str) -> list[str]:
    return [error.stack_trace for error in airflow.api.import_errors() if error.file == name]


def test_broken_spec_of_pattern_has_own_import_error_until_fixed(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, write: Write
) -> None:
    airflow.api.wait_for_dag("pattern_alpha")
    write("pattern/broken.yaml", BROKEN, dag_file="pattern.py")

    (error,) = eventually(lambda: errors_of(airflow, "pattern/broken.yaml"))
    sibling = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("pattern_alpha"))
    sibling_state = sibling.wait()
    write("pattern/broken.yaml", BROKEN.replace("[two]", "[]"), dag_file="pattern.py")
    eventually(lambda: not errors_of(airflow, "pattern/broken.yaml"))

    assert "broken.yaml:4:22: E301 job 'one' depends on 'two'" in error
    assert errors_of(airflow, "pattern.py") == []
    assert sibling_state == "success"
    airflow.api.wait_for_dag("pattern_broken")


def test_broken_single_spec_is_import_error_of_dag_file_until_fixed(
    airflow: AirflowProcesses, write: Write, dags_folder: Path
) -> None:
    spec = BROKEN.replace("pattern_broken", "alone")
    (dags_folder / "alone.yaml").write_text(spec)
    write("alone.py", (dags_folder / "a_to_f.py").read_text(), dag_file="alone.py")

    (error,) = eventually(lambda: errors_of(airflow, "alone.py"))
    write("alone.yaml", spec.replace("[two]", "[]"), dag_file="alone.py")
    eventually(lambda: not errors_of(airflow, "alone.py"))

    assert "alone.yaml:4:22: E301 job 'one' depends on 'two'" in error
    airflow.api.wait_for_dag("alone")
