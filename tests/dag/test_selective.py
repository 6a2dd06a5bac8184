"""What a process builds that runs a single task."""

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
def run(monkeypatch):
    """Be the process that runs a task, as Airflow says it."""

    def be(dag_id, task_id):
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", dag_id)
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", task_id)

    return be


def task_ids(dags, dag_id):
    return set(dags[dag_id].task_dict)


@pytest.mark.parametrize("task_id", ["submit", "a", "b.0", "c", "d", "t", "e"])
def test_a_task_is_built_alone(folder, run, task_id):
    run("at_once", task_id)

    dags = load_workflows(folder / "at_once.py")

    assert task_ids(dags, "at_once") == {task_id}


@pytest.mark.parametrize(
    ("task_id", "built"),
    [
        ("a.submit", {"a.submit", "a.wait"}),
        ("b.1.wait", {"b.1.submit", "b.1.wait", "a.submit", "a.wait"}),
        ("d.submit", {"d.submit", "d.wait", "c.submit", "c.wait"}),
        ("t", {"t"}),
    ],
)
def test_in_per_job_those_are_built_with_it_whose_ids_it_takes(folder, run, task_id, built):
    run("per_job", task_id)

    dags = load_workflows(folder / "per_job.py")

    assert task_ids(dags, "per_job") == built


def test_a_task_that_is_built_alone_is_the_same(folder, run):
    whole = load_workflows(folder / "at_once.py")["at_once"].get_task("d")
    run("at_once", "d")

    alone = load_workflows(folder / "at_once.py")["at_once"].get_task("d")

    for field in alone.template_fields:
        assert getattr(alone, field) == getattr(whole, field)


def test_a_submit_that_is_built_alone_takes_the_same_ids(folder, run):
    run("per_job", "d.submit")

    (taken,) = load_workflows(folder / "per_job.py")["per_job"].get_task("d.submit").depends_on

    assert isinstance(taken, XComArg)
    assert taken.operator.task_id == "c.submit"


def test_other_workflows_are_not_built(folder, run):
    run("per_job", "a.submit")

    assert list(load_workflows(folder / "*.yaml")) == ["per_job"]
    assert load_workflows(folder / "at_once.py") == {}


def test_a_task_that_the_spec_does_not_know_gets_the_whole_dag(folder, run):
    run("at_once", "added_by_hand")

    dags = load_workflows(folder / "at_once.py")

    assert {"submit", "a", "d", "t"} < task_ids(dags, "at_once")


def test_everything_is_built_where_nothing_runs(folder):
    dags = load_workflows(folder / "*.yaml")

    assert len(dags["at_once"].task_dict) == 8
    assert len(dags["per_job"].task_dict) == 13
