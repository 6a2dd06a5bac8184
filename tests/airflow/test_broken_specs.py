"""A broken spec causes a lasting import error with file and line; other workflows keep working."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from harness.airflow_processes import AirflowProcesses
from harness.local_batch import LocalBatchProcess
from tests.airflow.deadline import eventually, sampled
from tests.airflow.runs import RunUnderTest

SAMPLED_SECONDS = 40
"""Many times the interval at which the harness lets Airflow refresh its DAG bundle."""

BROKEN = """\
workflow: pattern_broken
defaults: {job_queue: etl, job_definition: step}
jobs:
  one: {depends_on: [two]}
"""

UNBUILDABLE = """\
workflow: pattern_unbuildable
airflow: {default_args: {retries: many}}
jobs:
  one: {job_queue: etl, job_definition: step}
"""
"""Airflow refuses the arguments of the first task, when the DAG exists already."""


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


def test_import_errors_of_pattern_stay_at_each_refresh_of_the_bundle(
    airflow: AirflowProcesses, local_batch: LocalBatchProcess, write: Write
) -> None:
    def errors_and_dags() -> tuple[set[str], set[str]]:
        files = {error.file for error in airflow.api.import_errors() if error.file.startswith("pattern")}
        return files, {dag for dag in airflow.api.dag_ids() if dag.startswith("pattern")}

    broken = {"pattern/broken.yaml", "pattern/unbuildable.yaml"}
    airflow.api.wait_for_dag("pattern_alpha")
    write("pattern/broken.yaml", BROKEN, dag_file="pattern.py")
    write("pattern/unbuildable.yaml", UNBUILDABLE, dag_file="pattern.py")

    eventually(lambda: errors_and_dags()[0] == broken)
    sibling = RunUnderTest(airflow.api, local_batch.url, airflow.api.trigger("pattern_alpha"))
    samples = sampled(errors_and_dags, seconds=SAMPLED_SECONDS)
    sibling_state = sibling.wait()
    (error,) = errors_of(airflow, "pattern/unbuildable.yaml")
    write("pattern/broken.yaml", BROKEN.replace("[two]", "[]"), dag_file="pattern.py")
    eventually(lambda: errors_and_dags()[0] == broken - {"pattern/broken.yaml"}, seconds=30)
    write("pattern/unbuildable.yaml", UNBUILDABLE.replace("many", "1"), dag_file="pattern.py")
    eventually(lambda: not errors_and_dags()[0], seconds=30)

    assert "unbuildable.yaml" in error
    assert "retries" in error
    assert len(samples) > SAMPLED_SECONDS / 2
    assert all(files == broken for files, _ in samples)
    assert all({"pattern_alpha", "pattern_beta"} <= dags for _, dags in samples)
    assert all("pattern_unbuildable" not in dags for _, dags in samples)
    assert sibling_state == "success"
    airflow.api.wait_for_dag("pattern_unbuildable")


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
