"""Callbacks that a spec names are imported when its DAG is built."""

import pytest
from airflow.sdk import BaseNotifier

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.models import Job, Workflow

CALLBACKS = ["on_execute", "on_success", "on_failure", "on_retry", "on_skipped"]
JOBS = "defaults: {job_queue: q, job_definition: d%s}\njobs: {a: {}}\n"


class Notifier(BaseNotifier):
    def notify(self, context):
        return context


def first(context):
    return context


def second(context):
    return context


notifier = Notifier()
number = 3


def dag_of(defaults="", submission="at_once", airflow=""):
    return build_dag(
        parse_workflow(f"workflow: w\nsubmission: {submission}\nairflow: {{{airflow}}}\n{JOBS % defaults}")
    )


@pytest.mark.parametrize("name", CALLBACKS)
def test_job_calls_the_function_with_an_import_path(name):
    dag = dag_of(f", {name}_callback: {__name__}.first")

    assert list(getattr(dag.get_task("a"), f"{name}_callback")) == [first]
    assert not getattr(dag.get_task("submit"), f"{name}_callback")


def test_job_can_have_several_callbacks_and_notifiers():
    dag = dag_of(f", on_success_callback: [{__name__}.first, {__name__}.notifier]")

    assert list(dag.get_task("a").on_success_callback) == [first, notifier]


def test_per_job_calls_each_callback_once_for_each_event():
    settings = "".join(f", {name}_callback: {__name__}.first" for name in CALLBACKS)

    dag = dag_of(settings, "per_job")

    called = {
        task: {name for name in CALLBACKS if getattr(dag.get_task(f"a.{task}"), f"{name}_callback")}
        for task in ("submit", "wait")
    }
    assert called == {
        "submit": {"on_execute", "on_failure", "on_retry"},
        "wait": {"on_success", "on_failure", "on_retry", "on_skipped"},
    }


def test_default_args_and_dag_can_name_callbacks():
    dag = dag_of(
        airflow=f"on_failure_callback: {__name__}.first, "
        f"default_args: {{on_failure_callback: [{__name__}.second]}}"
    )

    assert first in dag.on_failure_callback
    assert all(second in task.on_failure_callback for task in dag.tasks)


def test_python_spec_can_contain_functions():
    job = Job(job_queue="q", job_definition="d", on_failure_callback=[first, f"{__name__}.second"])

    dag = build_dag(Workflow(workflow="w", jobs={"a": job}))

    assert list(dag.get_task("a").on_failure_callback) == [first, second]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("nowhere.at_all", "could not import 'nowhere.at_all': No module named 'nowhere'"),
        (f"{__name__}.third", f"could not import '{__name__}.third': module '{__name__}' has no"),
        (f"{__name__}.number", f"'{__name__}.number' is of type int; name a function"),
        (f"{__name__}.Notifier", f"'{__name__}.Notifier' is a class; name a function, or an object"),
    ],
)
def test_wrong_path_is_an_error_that_names_it(path, problem):
    with pytest.raises(SpecError) as raised:
        dag_of(f", on_retry_callback: [{path}]")

    assert str(raised.value).startswith(f"on_retry_callback of job 'a': {problem}")


def test_wrong_path_of_the_dag_names_the_setting():
    with pytest.raises(SpecError, match=r"^on_success_callback of 'airflow': could not import 'a\.b'"):
        dag_of(airflow="on_success_callback: a.b")


def test_module_that_is_missing_is_no_finding_of_the_spec():
    parse_workflow(f"workflow: w\n{JOBS % ', on_success_callback: nowhere.at_all'}")
