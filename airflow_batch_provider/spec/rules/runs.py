"""E307, E308, E311, W504, W505: the schedule, dates, params and default arguments of a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider.spec.models import Schedule, Workflow
from airflow_batch_provider.spec.params import (
    JSON_TYPES,
    is_param_definition,
    param_schema,
    schema_problem,
    value_problem,
)
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.suggestions import did_you_mean
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS

_PRESETS: Final = frozenset(
    {"@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "@annually"}
    | {"@midnight"}
)
_NO_SCHEDULE: Final = frozenset({"none", "null", "never", "manual"})
_CRON_FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week", "second", "year")
"""The fields of a cron expression in croniter's order; seconds and years are optional."""


@rule("E311")
def schedules(workflow: Workflow) -> Iterator[Violation]:
    """A cron expression is valid, or a preset such as `@daily`."""
    schedule = workflow.airflow.schedule
    is_mapping = isinstance(schedule, Schedule)
    expression = schedule.cron if isinstance(schedule, Schedule) else schedule
    if isinstance(expression, str) and (problem := _cron_problem(expression)):
        path = ("airflow", "schedule", *(("cron",) if is_mapping else ()))
        text = (
            f"'{expression}' is not a valid cron expression: {problem}; "
            "for a fixed interval, write {every: 2h}"
        )
        if expression.startswith("@"):
            text += did_you_mean(expression, sorted(_PRESETS))
        if expression.lower() in _NO_SCHEDULE:
            text = f"'{expression}' is not a schedule; for a workflow without one, write null or leave it out"
        yield Violation("E311", path, text)


@rule("E307")
def dates(workflow: Workflow) -> Iterator[Violation]:
    """The `end_date` is not before the `start_date`."""
    start, end = workflow.airflow.start_date, workflow.airflow.end_date
    if start is not None and end is not None and start.replace(tzinfo=None) > end.replace(tzinfo=None):
        text = f"end_date {end:%Y-%m-%d} is before start_date {start:%Y-%m-%d}, so no run would ever start"
        yield Violation("E307", ("airflow", "end_date"), text)


@rule("W504")
def catchup_without_start(workflow: Workflow) -> Iterator[Violation]:
    """A workflow with `catchup` has a `start_date`."""
    settings = workflow.airflow
    if settings.catchup and settings.schedule is not None and settings.start_date is None:
        text = "with 'catchup' but no 'start_date', Airflow creates no scheduled runs; add a start_date"
        yield Violation("W504", ("airflow", "catchup"), text, missing=(("airflow", "start_date"),))


@rule("W505")
def default_arguments(workflow: Workflow) -> Iterator[Violation]:
    """`default_args` contains only arguments of tasks; Airflow silently ignores any other key."""
    for name in workflow.airflow.default_args or {}:
        if name not in TASK_ARGUMENTS:
            suggestion = did_you_mean(name, sorted(TASK_ARGUMENTS), otherwise="; remove it")
            text = f"'{name}' in default_args is not an argument of tasks, so Airflow ignores it{suggestion}"
            yield Violation("W505", ("airflow", "default_args", name), text, at_key=True)


@rule("E308")
def params(workflow: Workflow) -> Iterator[Violation]:
    """A param has a valid JSON Schema and a default that matches it; scheduled runs require a default."""
    for name, value in (workflow.airflow.params or {}).items():
        if not is_param_definition(value):
            continue
        path = ("airflow", "params", name)
        schema = param_schema(value)
        if "default" not in value and workflow.airflow.schedule is not None and "null" not in _types(schema):
            yield Violation("E308", path, f"param '{name}' has no default; scheduled runs require one")
        if unknown := [str(kind) for kind in _types(schema) if kind not in JSON_TYPES]:
            text = (
                f"param '{name}' has the type '{unknown[0]}'; the types are {', '.join(JSON_TYPES)}. "
                "If the mapping is itself the default value, write {default: {…}}"
            )
            yield Violation("E308", (*path, "type"), text)
        elif problem := schema_problem(schema):
            keyword, reason = problem
            text = f"param '{name}' has an invalid JSON Schema: {reason}"
            yield Violation("E308", (*path, keyword) if keyword else path, text)
        elif "default" in value and (mismatch := value_problem(value["default"], schema)):
            text = f"the default of param '{name}' does not match its definition: {mismatch}"
            yield Violation("E308", (*path, "default"), text)


def _cron_problem(expression: str) -> str:
    if expression.startswith("@"):
        return "" if expression in _PRESETS else f"the presets are {', '.join(sorted(_PRESETS))}"
    from croniter import CroniterBadDateError, CroniterError, croniter  # imported here: it takes 30 ms

    try:
        croniter(expression).get_next()
    except CroniterBadDateError:
        return "it matches no date"
    except CroniterError as error:
        fields = expression.split()
        if not 5 <= len(fields) <= len(_CRON_FIELDS):
            return f"it has {len(fields)} fields instead of 5"
        # croniter does not name the field. Check each field alone to find it.
        for index, (field, name) in enumerate(zip(fields, _CRON_FIELDS, strict=False)):
            alone = ["*"] * len(fields)
            alone[index] = field
            if not croniter.is_valid(" ".join(alone)):
                return f"'{field}' is not a valid {name}"
        return str(error)
    return ""


def _types(schema: Mapping[str, Any]) -> list[Any]:
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]
