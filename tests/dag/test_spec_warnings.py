"""Warnings about a spec when Airflow parses its DAG."""

import warnings
from pathlib import Path

import pytest

from airflow_batch_provider.dag.discovery import load_workflows
from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.dag.spec_warnings import SpecWarning
from tests.airflow_versions import dags_of

SPEC = """\
workflow: careless
extends: base.yaml
jobs:
  a: {job_definition: step, environment: {DB_PASSWORD: hunter2}}
"""
BASE = 'defaults: {job_queue: etl, command: ["{{ d }}"]}\n'
DAG_FILE = """\
# a DAG
from airflow_batch_provider import load_workflows
globals().update(load_workflows(__file__))
"""


@pytest.fixture
def dag_file(tmp_path):
    path = tmp_path / "careless.py"
    path.write_text(DAG_FILE)
    path.with_suffix(".yaml").write_text(SPEC)
    (tmp_path / "base.yaml").write_text(BASE)
    return path


def warnings_of(call):
    """Return the file name, line and rule of each warning that a call emits."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    spec_warnings = [each for each in caught if each.category is SpecWarning]
    return [(Path(each.filename).name, each.lineno, str(each.message).split()[0]) for each in spec_warnings]


EXPECTED = [("base.yaml", 1, "W502"), ("careless.yaml", 4, "W501")]


def test_airflow_loads_the_dag_and_captures_warnings_with_lines(dag_file):
    bag = dags_of(dag_file.parent)

    (warning,) = bag.captured_warnings.values()
    assert set(bag.dags) == {"careless"}
    assert bag.import_errors == {}
    assert f"{dag_file.with_suffix('.yaml')}:4: " in warning[1]
    assert "SpecWarning: W501 environment.DB_PASSWORD of job 'a' looks like a secret" in warning[1]


def test_cached_plan_emits_warnings_with_the_current_file_name(dag_file, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", str(tmp_path / "plans"))
    first = warnings_of(lambda: load_workflows(dag_file))
    dag_file.with_suffix(".yaml").rename(tmp_path / "renamed.yaml")

    again = warnings_of(lambda: load_workflows(tmp_path / "renamed.py"))

    assert first == EXPECTED
    assert again == [("base.yaml", 1, "W502"), ("renamed.yaml", 4, "W501")]
    assert len(list((tmp_path / "plans").iterdir())) == 1


def test_build_dag_emits_warnings(dag_file):
    assert warnings_of(lambda: build_dag(dag_file.with_suffix(".yaml"))) == EXPECTED


def test_worker_emits_no_warnings(dag_file, monkeypatch):
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "careless")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "a")

    assert warnings_of(lambda: load_workflows(dag_file)) == []
