"""Syntax errors of YAML: the finding is at the cause, and says what to write."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow


def finding_of(text):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(text, "w.yaml")
    (found,) = map(str, raised.value.findings)
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('workflow: "w\njobs: {a: {}}\n', "1:11: E101 invalid YAML: this quotation mark is not closed"),
        ("jobs:\n  a: {command: [x, 'y]}\n", "2:20: E101 invalid YAML: this quotation mark is not closed"),
        (
            'workflow: "w\njobs: {"a": {}}\n',
            "1:11: E101 invalid YAML: this quotation mark is closed only on line 2; check the quotes",
        ),
        (
            "description: 'it's\njobs: {}\n",
            "1:14: E101 invalid YAML: this quotation mark is closed before column 18, "
            "where more text follows; within the string, write ''",
        ),
        (
            'description: "say "hi""\n',
            "1:14: E101 invalid YAML: this quotation mark is closed before column 20, "
            'where more text follows; within the string, write \\"',
        ),
    ],
)
def test_quotation_mark_is_reported_where_it_opens(text, found):
    assert finding_of(text) == f"w.yaml:{found}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jobs:\n  a: {command: [x]\n  b: {}\n", "2:6: E101 invalid YAML: this '{' is not closed: "),
        (
            "jobs:\n  a:\n    command: [x, y\n    attempts: 3\n",
            "3:14: E101 invalid YAML: this '[' is not closed: ",
        ),
        (
            "jobs: {a: {command: [x}}\n",
            "1:21: E101 invalid YAML: this '[' is not closed: expected ',' or ']'",
        ),
        ("jobs: {a: {\n", "1:11: E101 invalid YAML: this '{' is not closed: the file ends"),
        ("jobs: [[a], [b]\n", "1:7: E101 invalid YAML: this '[' is not closed: the file ends"),
    ],
)
def test_bracket_is_reported_where_it_opens(text, found):
    assert finding_of(text).startswith(f"w.yaml:{found}")


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("@daily", "a value cannot start with '@'; put it in quotes: \"@daily\""),
        ("`date`", "a value cannot start with '`'; put it in quotes: \"`date`\""),
        ("*/5 * * * *", "'*' starts an alias; if the value is a string, put it in quotes: \"*/5 * * * *\""),
        (
            "* * * * * # always",
            "'*' starts an alias; if the value is a string, put it in quotes: \"* * * * *\"",
        ),
        (
            "*daily",
            "'*' starts an alias, and no such anchor is defined; if the value is a string, "
            'put it in quotes: "*daily"',
        ),
    ],
)
@pytest.mark.parametrize(
    ("before", "after", "at"),
    [("airflow:\n  schedule: ", "\n", "2:13"), ("airflow: {schedule: ", ", catchup: true}\n", "1:21")],
)
def test_value_that_must_be_quoted(schedule, message, before, after, at):
    if "#" in schedule and after != "\n":
        schedule = schedule.partition(" #")[0]

    assert finding_of(before + schedule + after) == f"w.yaml:{at}: E101 invalid YAML: {message}"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("description: a: b\n", "put a value that contains ': ' in quotes, or check the indentation"),
        ("jobs:\n  a:\n    x: 1\n   y: 2\n", "check the indentation and the quotes"),
        ("jobs:\n\ta: {}\n", "indent with spaces, not tabs"),
        ("jobs: - a\n", "write the items on lines of their own, or as [a, b]"),
    ],
)
def test_other_syntax_error_comes_with_a_remedy(text, remedy):
    assert finding_of(text).endswith(f"; {remedy}")
