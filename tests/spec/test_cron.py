"""Cron expressions (E311)."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow

HEAD = "workflow: w\ndefaults: {job_queue: etl, job_definition: step}\njobs: {a: {}}\nairflow: {schedule: "


@pytest.mark.parametrize(
    "expression",
    [
        "@daily",
        "@midnight",
        "0 6 1 * *",
        "*/5 * * * *",
        "0 0 L * *",
        "0 0 * * MON#2",
        "0 6 * * 1-5",
        "0 0 ? * SUN",
    ],
)
def test_valid_expression(expression):
    assert parse_workflow(f"{HEAD}'{expression}'}}").airflow.schedule == expression


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("0 25 * * *", "'25' is not a valid hour"),
        ("every day", "it has 2 fields instead of 5"),
        ("0 0 31 2 *", "it matches no date"),
        ("0 0 * FOO *", "'FOO' is not a valid month"),
        ("0 0 * * 8", "'8' is not a valid day of the week"),
    ],
)
def test_invalid_expression_is_a_finding(expression, problem):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(f"{HEAD}'{expression}'}}", "w.yaml")

    (found,) = map(str, raised.value.findings)
    assert found.startswith(f"w.yaml:4:21: E311 '{expression}' is not a valid cron expression: {problem}")
    assert found.endswith("; for a fixed interval, write {every: 2h}")


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ("None", "'None' is not a schedule; for a workflow without one, write null or leave it out"),
        ("none", "'none' is not a schedule; for a workflow without one, write null or leave it out"),
        (
            "'@dayly'",
            "'@dayly' is not a valid cron expression: the presets are @annually, @continuous, @daily, "
            "@hourly, @midnight, @monthly, @once, @quarterly, @weekly, @yearly; for a fixed interval, "
            "write {every: 2h}. Did you mean '@daily'?",
        ),
    ],
)
def test_text_that_is_nearly_a_schedule_comes_with_a_remedy(schedule, text):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(f"{HEAD}{schedule}}}")

    assert [found.text for found in raised.value.findings] == [text]
