"""A `.json` file must be JSON, although it is read as YAML."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '{"jobs": {"a": {},}}',
            "1:18: E101 invalid JSON: a comma after the last entry is not allowed; remove it",
        ),
        (
            '{"jobs": ["a",\n]}',
            "1:14: E101 invalid JSON: a comma after the last entry is not allowed; remove it",
        ),
        ("{'jobs': {}}", "1:2: E101 invalid JSON: strings must be in double quotes, not single quotes"),
        ('{"jobs": {}} // x', "1:14: E101 invalid JSON: comments are not allowed; "),
        ('{\n  # x\n  "jobs": {}}', "2:3: E101 invalid JSON: comments are not allowed; "),
        (
            '{"a": "NaN", "b":\n NaN}',
            "2:2: E101 invalid JSON: 'NaN' is not a value in JSON; use a number or null",
        ),
        ('{"a": -Infinity}', "1:7: E101 invalid JSON: '-Infinity' is not a value in JSON; "),
        ('{"a": None}', "1:7: E101 invalid JSON: 'None' is not a value in JSON; write null"),
        ('{"a": "x}', "1:7: E101 invalid JSON: this quotation mark is not closed"),
        ('{"a": 1', "1:8: E101 invalid JSON: the file ends before a bracket or quotation mark is closed"),
        ('{"a" 1}', "1:6: E101 invalid JSON: expecting ':' delimiter"),
        ("jobs: {}", "1:1: E101 invalid JSON: expecting value"),
        ("", "1:1: E101 the file is empty; "),
    ],
)
def test_text_that_is_not_json(text, found):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(text, "w.json")

    (finding,) = map(str, raised.value.findings)
    assert finding.startswith(f"w.json:{found}")


def test_the_same_text_is_accepted_as_yaml():
    text = '{"workflow": w, jobs: {"a": {job_queue: q, job_definition: d,},},}  # a comment'

    assert parse_workflow(text, "w.yaml").workflow == "w"


def test_byte_order_mark_of_json_is_ignored():
    text = '\ufeff{"workflow": "w", "jobs": {"a": {"job_queue": "q", "job_definition": "d"}}}'

    assert parse_workflow(text, "w.json").workflow == "w"


def test_numbers_of_json_are_numbers():
    params = '{"a": 1e5, "b": -1.5E-3, "c": "1e5", "d": 7}'
    text = (
        f'{{"workflow": "w", "airflow": {{"params": {params}}}, '
        '"jobs": {"a": {"job_queue": "q", "job_definition": "d", "command": ["1e5", 1e3]}}}'
    )

    workflow = parse_workflow(text, "w.json")

    assert workflow.airflow.params == {"a": 100_000.0, "b": -0.0015, "c": "1e5", "d": 7}
    assert workflow.jobs["a"].command == ["1e5", "1e3"]  # as written
