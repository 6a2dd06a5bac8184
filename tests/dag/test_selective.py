"""Selective building of DAGs in processes that run a single task."""

import pytest
from airflow.sdk import XComArg

from airflow_batch_provider.dag.discovery import load_workflows

AT_ONCE = """
workflow: at_once
defaults: {job_queue: q, job_definition: d}
jobs:
  a: {}
  b: {depends_on: [a], array_size: 10001}
  c: {depends_on: [b], trigger_rule: all_done}
  d: {depends_on: [c]}
  e: {depends_on: [t]}
tasks:
  t: {python: os.getcwd, depends_on: [d]}
"""
PER_JOB = AT_ONCE.replace("workflow: at_once", "workflow: per_job\nsubmission: per_job")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "at_once.yaml").write_text(AT_ONCE)
    (tmp_path / "per_job.yaml").write_text(PER_JOB)
    return tmp_path


@pytest.fixture
def running_task(monkeypatch):
    """Function that sets Airflow's parsing context to a task."""

    def set_context(dag_id, task_id):
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", dag_id)
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", task_id)

    return set_context


def task_ids(dags, dag_id):
    return set(dags[dag_id].task_dict)


@pytest.mark.parametrize("task_id", ["submit", "a", "b.0", "c", "d", "t", "e"])
def test_at_once_builds_only_the_running_task(folder, running_task, task_id):
    running_task("at_once", task_id)

    dags = load_workflows(folder / "at_once.py")

    assert task_ids(dags, "at_once") == {task_id}


@pytest.mark.parametrize(
    ("task_id", "expected"),
    [
        ("a.submit", {"a.submit", "a.wait"}),
        ("b.1.wait", {"b.1.submit", "b.1.wait", "a.submit", "a.wait"}),
        ("d.submit", {"d.submit", "d.wait", "c.submit", "c.wait"}),
        ("t", {"t"}),
    ],
)
def test_per_job_also_builds_job_groups_that_publish_needed_ids(folder, running_task, task_id, expected):
    running_task("per_job", task_id)

    dags = load_workflows(folder / "per_job.py")

    assert task_ids(dags, "per_job") == expected


def test_running_task_equals_task_of_full_dag(folder, running_task):
    full = load_workflows(folder / "at_once.py")["at_once"].get_task("d")
    running_task("at_once", "d")

    selected = load_workflows(folder / "at_once.py")["at_once"].get_task("d")

    for field in selected.template_fields:
        assert getattr(selected, field) == getattr(full, field)


def test_per_job_submit_keeps_upstream_job_ids(folder, running_task):
    running_task("per_job", "d.submit")

    (upstream_id,) = load_workflows(folder / "per_job.py")["per_job"].get_task("d.submit").depends_on

    assert isinstance(upstream_id, XComArg)
    assert upstream_id.operator.task_id == "c.submit"


def test_other_workflows_are_not_built(folder, running_task):
    running_task("per_job", "a.submit")

    assert list(load_workflows(folder / "*.yaml")) == ["per_job"]
    assert load_workflows(folder / "at_once.py") == {}


def test_task_missing_from_spec_builds_full_dag(folder, running_task):
    running_task("at_once", "added_by_hand")

    dags = load_workflows(folder / "at_once.py")

    assert {"submit", "a", "d", "t"} < task_ids(dags, "at_once")


def test_full_dag_is_built_without_a_running_task(folder):
    dags = load_workflows(folder / "*.yaml")

    assert len(dags["at_once"].task_dict) == 8
    assert len(dags["per_job"].task_dict) == 13
