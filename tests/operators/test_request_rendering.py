"""Templates in the requests of both submission modes, in DAGs of all settings."""

import json
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.operators.batch import BatchSubmitJobOperator
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.standalone.rendering import Renderer
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.aws_model import what_is_wrong_with
from tests.fakes import FakeBatchApi, FakeLogsApi

PARAMS = {
    "words": ["run", "it's", 3, "x\n"],
    "variables": {"A": "new", "B": 1},
    "mem": 512,
    "size": "2.0",
    "attempts": 2,
}
WORDS = ["bash", "-c", "echo ${#f[@]} {# kept #}\n", "1.10", "['a']", "{{ ds }}: ${#f}\n"]
RENDERED_WORDS = [*WORDS[:-1], "2006-01-01: ${#f}\n"]
SPEC = {
    "workflow": "w",
    "defaults": {"job_queue": "q", "job_definition": "d"},
    "jobs": {
        "whole": {
            "command": "{{ params.words }}",
            "environment": "{{ params.variables }}",
            "parameters": "{{ params.variables }}",
            "tags": "{{ params.variables }}",
            "array_size": "{{ params.size }}",
            "retry_strategy": {"attempts": "{{ params.attempts }}"},
            "timeout": {"attempt_duration_seconds": "{{ 90.0 }}"},
            "container_overrides": {"memory": "{{ params.mem }}"},
        },
        "words": {"command": WORDS},
    },
}
DAG_SETTINGS = [
    {},
    {"render_template_as_native_obj": True},
    {"jinja_environment_kwargs": {"keep_trailing_newline": False, "line_statement_prefix": "1"}},
    {"render_template_as_native_obj": True, "jinja_environment_kwargs": {"trim_blocks": True}},
]


def run(task, **context):
    """Render a task's templates and run it as Airflow does; return the requests that it sends."""
    api = FakeBatchApi()
    task.__dict__["hook"] = hook_over(api, FakeLogsApi())
    everything = {"ti": FakeTaskInstance(task.task_id), "ds": "2006-01-01", "params": PARAMS, **context}
    task.render_template_fields(everything, task.dag.get_template_env())
    task.pre_execute({"dag_run": SimpleNamespace(run_type="manual"), **everything})
    task.execute(everything)
    assert [what_is_wrong_with(request) for request in api.submitted] == [""] * len(api.submitted)
    return api.submitted


def sent_by(mode, **settings):
    dag = build_dag(parse_workflow(json.dumps({**SPEC, "submission": mode})), **settings)
    if mode == "at_once":
        whole, words = run(dag.get_task("submit"))
    else:
        (whole,), (words,) = run(dag.get_task("whole.submit")), run(dag.get_task("words.submit"))
    return {"whole": whole, "words": words}


@pytest.mark.parametrize("settings", DAG_SETTINGS, ids=str)
@pytest.mark.parametrize("mode", ["at_once", "per_job"])
def test_templates_become_lists_mappings_and_numbers(mode, settings):
    request = sent_by(mode, **settings)["whole"]

    assert request["containerOverrides"] == {
        "command": ["run", "it's", "3", "x\n"],
        "environment": [{"name": "A", "value": "new"}, {"name": "B", "value": "1"}],
        "memory": 512,
    }
    assert request["parameters"] == {"A": "new", "B": "1"}
    assert request["tags"].items() > {"A": "new", "B": "1"}.items()
    assert "airflow_job" in request["tags"]
    assert request["arrayProperties"] == {"size": 2}
    assert request["retryStrategy"] == {"attempts": 2}
    assert request["timeout"] == {"attemptDurationSeconds": 90}


@pytest.mark.parametrize("settings", DAG_SETTINGS, ids=str)
@pytest.mark.parametrize("mode", ["at_once", "per_job"])
def test_words_stay_as_written(mode, settings):
    assert sent_by(mode, **settings)["words"]["containerOverrides"]["command"] == RENDERED_WORDS


def test_command_line_renders_alike():
    assert Renderer({"ds": "2006-01-01"}).render(WORDS) == RENDERED_WORDS


def operator(dag=None, **arguments):
    with dag or DAG("d"):
        return BatchSubmitJobOperator(task_id="t", job_queue="q", job_definition="d", **arguments)


@pytest.mark.parametrize("is_native", [False, True])
def test_operator_of_a_dag_takes_templates_for_lists(is_native):
    dag = DAG("d", render_template_as_native_obj=is_native)
    task = operator(dag, container_overrides={"command": "{{ params.words }}"}, propagate_tags="{{ false }}")

    (request,) = run(task)

    assert request["containerOverrides"]["command"] == ["run", "it's", "3", "x\n"]
    assert request["propagateTags"] is False


def test_delimiters_of_a_dag_apply_to_its_operators():
    dag = DAG("d", jinja_environment_kwargs={"variable_start_string": "<<", "variable_end_string": ">>"})

    (request,) = run(operator(dag, container_overrides={"command": ["<< ds >>", "{{ ds }}"]}))

    assert request["containerOverrides"]["command"] == ["2006-01-01", "{{ ds }}"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"container_overrides": {"command": "{{ ds }}"}},
            "job 't': command is '2006-01-01', a string; the template must give a list",
        ),
        ({"tags": "{{ params.mem }}"}, "job 't': tags is 512, of type int; the template must give a mapping"),
        (
            {"node_overrides": {"num_nodes": "{{ 2.5 }}"}},
            "job 't': node_overrides.num_nodes is '2.5', which is not an integer",
        ),
    ],
)
def test_wrong_result_names_the_job_the_member_and_the_value(arguments, message):
    with pytest.raises(AirflowFailException) as raised:
        run(operator(**arguments))

    assert str(raised.value) == f"{message}. No retry: the same request would be invalid again"


def test_wrong_result_refuses_only_its_job():
    spec = {**SPEC, "jobs": {"bad": {"tags": "{{ ds }}"}, "good": {"command": ["x"]}}}
    task = build_dag(parse_workflow(json.dumps(spec))).get_task("submit")

    (request,) = run(task)

    assert request["containerOverrides"]["command"] == ["x"]


def test_variables_of_a_backfill_are_merged_into_those_of_a_template():
    spec = {
        **SPEC,
        "jobs": {"a": {"environment": "{{ params.variables }}"}},
        "backfill": {"environment": {"A": "backfill", "C": "c"}},
    }
    task = build_dag(parse_workflow(json.dumps(spec))).get_task("submit")

    (request,) = run(task, dag_run=SimpleNamespace(run_type="backfill"))

    assert request["containerOverrides"]["environment"] == [
        {"name": "A", "value": "backfill"},
        {"name": "B", "value": "1"},
        {"name": "C", "value": "c"},
    ]
