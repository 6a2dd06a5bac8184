"""Params: definitions, their JSON Schemas, and their defaults (E308)."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow
from airflow_batch_provider.spec.params import is_param_definition

HEAD = "workflow: w\ndefaults: {job_queue: etl, job_definition: step}\njobs: {a: {}}\nairflow:\n"


def findings_of(param, schedule="~"):
    text = f"{HEAD}  schedule: {schedule}\n  params:\n    p: {param}\n"
    try:
        parse_workflow(text, "w.yaml")
    except InvalidSpecError as error:
        return list(map(str, error.findings))
    return []


@pytest.mark.parametrize("key", ["default", "type", "enum", "title", "description", "description_md"])
def test_any_key_of_a_definition_makes_a_mapping_one(key):
    assert is_param_definition({key: "x", "other": 1})


@pytest.mark.parametrize("value", [{}, {"low": 1}, ["type"], "default", None])
def test_any_other_value_is_a_plain_default(value):
    assert not is_param_definition(value)


@pytest.mark.parametrize(
    ("param", "finding"),
    [
        (
            "{type: integer, default: many}",
            "p' does not match its definition: 'many' is not of type 'integer'",
        ),
        ("{type: integer, default: true}", "does not match its definition: True is not of type 'integer'"),
        ("{type: integer, minimum: 1, default: 0}", "0 is less than the minimum of 1"),
        ("{enum: [eu, us], default: asia}", "'asia' is not one of ['eu', 'us']"),
        ("{type: string, format: date, default: soon}", "'soon' is not a 'date'"),
        ("{type: string, default: 2026-01-30}", "YAML reads the value as a date; put it in quotes"),
        ("{type: array, items: {type: string}, default: [1]}", "1 is not of type 'string'"),
    ],
)
def test_default_must_match_the_definition(param, finding):
    (found,) = findings_of(param)

    column = len("    p: ") + param.index("default: ") + len("default: ") + 1
    assert found.startswith(f"w.yaml:7:{column}: E308 the default of param 'p' ")
    assert found.endswith(finding)


@pytest.mark.parametrize(
    "param",
    [
        "{type: integer, default: 3}",
        "{type: [string, 'null'], default: ~}",
        "{type: number, default: 1}",
        "{type: string, format: date, default: '2026-01-30'}",
        "{default: anything}",
        "{description: The month., default: ~}",
    ],
)
def test_default_that_matches(param):
    assert findings_of(param, "'@daily'") == []


def test_unknown_type_is_reported_at_the_type():
    (found,) = findings_of("{default: 3, type: int}")

    assert found == (
        "w.yaml:7:27: E308 param 'p' has the type 'int'; the types are array, boolean, integer, null, "
        "number, object, string. If the mapping is itself the default value, write {default: {…}}"
    )


def test_invalid_schema_is_reported_at_its_keyword():
    (found,) = findings_of("{default: 3, minimum: low}")

    assert found == "w.yaml:7:30: E308 param 'p' has an invalid JSON Schema: 'low' is not of type 'number'"


@pytest.mark.parametrize("param", ["{type: string}", "{description: The month.}"])
def test_scheduled_run_requires_a_default(param):
    assert findings_of(param) == []
    assert findings_of(param, "'@daily'") == [
        "w.yaml:7:8: E308 param 'p' has no default; scheduled runs require one"
    ]


def test_nullable_param_requires_no_default():
    assert findings_of("{type: [string, 'null']}", "'@daily'") == []
