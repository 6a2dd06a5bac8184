"""Python tasks between jobs."""

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from airflow_batch_provider.dag.python_task import PythonTaskOperator


def execute(**arguments):
    operator = PythonTaskOperator(task_id="t", **arguments)
    operator.render_template_fields({"ds": "2006-01-01"})
    return operator.execute({})


def test_function_is_called_with_rendered_arguments():
    assert execute(python="builtins.dict", arguments={"day": "{{ ds }}", "n": 3}) == {
        "day": "2006-01-01",
        "n": 3,
    }


@pytest.mark.parametrize(
    ("python", "reason"),
    [("no_such.module", "No module named 'no_such'"), ("json.missing", "module 'json' has no attribute")],
)
def test_missing_function_fails_without_retry(python, reason):
    with pytest.raises(AirflowFailException) as raised:
        execute(python=python)

    assert str(raised.value).startswith(f"task 't' could not import the function '{python}': {reason}")
    assert str(raised.value).endswith("or add its folder to their PYTHONPATH")


def test_errors_of_function_pass_through():
    with pytest.raises(ValueError, match="Expecting property name"):
        execute(python="json.loads", arguments={"s": "{"})


def test_function_is_not_imported_at_parse_time():
    PythonTaskOperator(task_id="t", python="no_such.module")


@pytest.mark.parametrize("is_native", [False, True])
def test_hash_sign_and_final_line_break_stay(is_native):
    with DAG("d", render_template_as_native_obj=is_native):
        task = PythonTaskOperator(task_id="t", python="builtins.dict", arguments={"a": "{{ ds }} ${#f}\n"})

    task.render_template_fields({"ds": "2006-01-01"})

    assert task.arguments == {"a": "2006-01-01 ${#f}\n"}


def test_native_templates_of_arguments_keep_their_type():
    with DAG("d", render_template_as_native_obj=True):
        task = PythonTaskOperator(task_id="t", python="builtins.dict", arguments={"a": "{{ [1, 2] }}"})

    task.render_template_fields({})

    assert task.arguments == {"a": [1, 2]}
