"""E217, E307, E308, E311: the schedule, dates and params of a workflow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from airflow_batch_provider.spec.language.moments import in_utc
from airflow_batch_provider.spec.language.schedule import cron_of
from airflow_batch_provider.spec.models import Schedule, Workflow
from airflow_batch_provider.spec.params import (
    JSON_TYPES,
    definition_problem,
    is_param_definition,
    json_problem,
    param_schema,
    param_types,
    schema_problem,
    value_problem,
)
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.suggestions import did_you_mean

_PRESETS: Final = frozenset(
    {"@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "@annually"}
    | {"@midnight"}
)
_DEFAULT_END: Final = ("airflow", "default_args", "end_date")
_RANDOM: Final = re.compile(r"(?:^|[\s,])[rR](?=[\s,(/]|$)")
_NO_SCHEDULE: Final = frozenset({"none", "null", "never", "manual"})
_CRON_FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week", "second", "year")
"""The fields of a cron expression in croniter's order; seconds and years are optional."""


@rule("E311")
def schedules(workflow: Workflow) -> Iterator[Violation]:
    """A cron expression is valid, or a preset such as `@daily`."""
    schedule = workflow.airflow.schedule
    expression = cron_of(schedule)
    if expression is not None and (problem := _cron_problem(expression)):
        path = ("airflow", "schedule", *(("cron",) if isinstance(schedule, Schedule) else ()))
        text = (
            f"'{expression}' is not a valid cron expression: {problem}; "
            "for a fixed interval, write {every: 2h}"
        )
        if expression.startswith("@"):
            text += did_you_mean(expression, sorted(_PRESETS))
        if expression.lower() in _NO_SCHEDULE:
            text = f"'{expression}' is not a schedule; for a workflow without one, write null or leave it out"
        yield Violation("E311", path, text)


@rule("E217")
def timezones(workflow: Workflow) -> Iterator[Violation]:
    """The `timezone` of a schedule is the name of a timezone, such as `Europe/Zurich`."""
    schedule = workflow.airflow.schedule
    if not isinstance(schedule, Schedule) or _is_timezone(schedule.timezone):
        return
    # Without a database, as on some slim images, no name can be checked.
    if names := sorted(available_timezones()):
        suggestion = did_you_mean(schedule.timezone, names, otherwise="; use a name such as 'Europe/Zurich'")
        text = f"'{schedule.timezone}' is not a timezone{suggestion}"
        yield Violation("E217", ("airflow", "schedule", "timezone"), text)


@rule("E307")
def dates(workflow: Workflow) -> Iterator[Violation]:
    """An `end_date` is not before its `start_date`, also in `default_args`."""
    settings = workflow.airflow
    defaults = settings.default_args or {}
    ends = ((settings.end_date, ("airflow", "end_date")), (defaults.get("end_date"), _DEFAULT_END))
    starts = [start for start in (settings.start_date, defaults.get("start_date")) if start is not None]
    for end, path in ends:
        if end is not None and starts and max(map(in_utc, starts)) > in_utc(end):
            start = max(starts, key=in_utc)
            text = (
                f"end_date {end:%Y-%m-%d} is before start_date {start:%Y-%m-%d}, so no run would ever start"
            )
            yield Violation("E307", path, text)


@rule("E308")
def params(workflow: Workflow) -> Iterator[Violation]:
    """A param has a valid JSON Schema and a default that matches it; scheduled runs require a default."""
    for name, value in (workflow.airflow.params or {}).items():
        path = ("airflow", "params", name)
        default = value.get("default") if is_param_definition(value) else value
        if problem := json_problem(default):
            place = (*path, "default") if is_param_definition(value) else path
            yield Violation("E308", place, f"the default of param '{name}' is not a JSON value: {problem}")
            continue
        if not is_param_definition(value):
            continue
        schema = param_schema(value)
        if (
            "default" not in value
            and workflow.airflow.schedule is not None
            and "null" not in param_types(schema)
        ):
            yield Violation("E308", path, f"param '{name}' has no default; scheduled runs require one")
        if unknown := [str(kind) for kind in param_types(schema) if kind not in JSON_TYPES]:
            text = (
                f"param '{name}' has the type '{unknown[0]}'; the types are {', '.join(JSON_TYPES)}. "
                "If the mapping is itself the default value, write {default: {…}}"
            )
            yield Violation("E308", (*path, "type"), text)
        elif invalid := definition_problem(value) or schema_problem(schema):
            keyword, reason = invalid
            text = f"param '{name}' has an invalid JSON Schema: {reason}"
            yield Violation("E308", (*path, keyword) if keyword else path, text)
        elif "default" in value and (mismatch := value_problem(value["default"], schema)):
            text = f"the default of param '{name}' does not match its definition: {mismatch}"
            yield Violation("E308", (*path, "default"), text)


def _cron_problem(expression: str) -> str:
    if expression.startswith("@"):
        return "" if expression in _PRESETS else f"the presets are {', '.join(sorted(_PRESETS))}"
    if _RANDOM.search(expression):
        return "'R' stands for a random time, which would change with each import"
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


def _is_timezone(name: str) -> bool:
    try:
        return name.upper() == "UTC" or bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # an unknown name, a path, a folder of the database
        return False
