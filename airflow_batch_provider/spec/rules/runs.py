"""E307, E308, E311, W504, W505: when runs begin and what people give them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from airflow_batch_provider.spec.models import Schedule, Workflow
from airflow_batch_provider.spec.params import is_param_definition
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS

_PRESETS: Final = frozenset(
    {"@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "@annually"}
    | {"@midnight"}
)
_CRON_FIELD: Final = re.compile(r"[A-Za-z0-9*/,#?-]+")
_MAXIMA: Final = (59, 23, 31, 12, 7)
_TYPES: Final[Mapping[str, type[Any] | tuple[type[Any], ...]]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def schedules(workflow: Workflow) -> Iterator[Violation]:
    """E311: a cron expression has five fields, each within its bounds, or is a preset."""
    schedule = workflow.airflow.schedule
    is_mapping = isinstance(schedule, Schedule)
    expression = schedule.cron if isinstance(schedule, Schedule) else schedule
    if isinstance(expression, str) and (problem := _cron_problem(expression)):
        path = ("airflow", "schedule", *(("cron",) if is_mapping else ()))
        text = f"'{expression}' is no cron expression: {problem}; a distance is written {{every: 2h}}"
        yield Violation("E311", path, text)


def dates(workflow: Workflow) -> Iterator[Violation]:
    """E307: a workflow ends after it starts."""
    start, end = workflow.airflow.start_date, workflow.airflow.end_date
    if start is not None and end is not None and start.replace(tzinfo=None) > end.replace(tzinfo=None):
        text = f"end_date {end:%Y-%m-%d} is before start_date {start:%Y-%m-%d}; no run would ever start"
        yield Violation("E307", ("airflow", "end_date"), text)


def catchup_without_start(workflow: Workflow) -> Iterator[Violation]:
    """W504: a workflow that catches up has a start."""
    settings = workflow.airflow
    if settings.catchup and settings.schedule is not None and settings.start_date is None:
        text = "with 'catchup' but no 'start_date', Airflow starts no scheduled run; add a start_date"
        yield Violation("W504", ("airflow", "catchup"), text)


def default_arguments(workflow: Workflow) -> Iterator[Violation]:
    """W505: `default_args` names arguments of tasks; Airflow says nothing of others, and ignores them."""
    for name in workflow.airflow.default_args or {}:
        if name not in TASK_ARGUMENTS:
            near = get_close_matches(name, sorted(TASK_ARGUMENTS), n=1)
            hint = f"did you mean '{near[0]}'?" if near else "Airflow ignores it"
            text = f"'{name}' in default_args is no argument of a task; {hint}"
            yield Violation("W505", ("airflow", "default_args", name), text, at_key=True)


def params(workflow: Workflow) -> Iterator[Violation]:
    """E308: a param's default is of its type, and there is one where runs are scheduled."""
    for name, value in (workflow.airflow.params or {}).items():
        if not is_param_definition(value):
            continue
        path = ("airflow", "params", name)
        if "default" not in value:
            if workflow.airflow.schedule is not None and "null" not in _types_of(value):
                text = f"param '{name}' has no default, which scheduled runs need; give it one"
                yield Violation("E308", path, text)
        elif problem := _default_problem(value):
            yield Violation("E308", (*path, "default"), f"the default of param '{name}' {problem}")
        unknown = [str(kind) for kind in _types_of(value) if kind not in _TYPES]
        if unknown:
            text = f"param '{name}' has the type '{unknown[0]}'; types are {', '.join(_TYPES)}"
            yield Violation("E308", (*path, "type"), text)


def _cron_problem(expression: str) -> str:
    if expression.startswith("@"):
        return "" if expression in _PRESETS else f"presets are {', '.join(sorted(_PRESETS))}"
    fields = expression.split()
    if not 5 <= len(fields) <= 7:
        return f"it has {len(fields)} fields instead of 5"
    for field in fields:
        if not _CRON_FIELD.fullmatch(field):
            return f"'{field}' is no field of one"
    for field, largest in zip(fields, _MAXIMA, strict=False) if len(fields) == 5 else ():
        too_large = [number for number in re.findall(r"(?<![/\d])\d+", field) if int(number) > largest]
        if too_large:
            return f"'{field}' goes beyond {largest}"
    return ""


def _types_of(definition: Mapping[str, Any]) -> list[Any]:
    kinds = definition.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _default_problem(definition: Mapping[str, Any]) -> str:
    default, kinds = definition["default"], _types_of(definition)
    known = [_TYPES[kind] for kind in kinds if isinstance(kind, str) and kind in _TYPES]
    if kinds and known and not any(_is_of(default, kind) for kind in known):
        return f"is {default!r}, which is no {' or '.join(map(str, kinds))}"
    choices = definition.get("enum")
    if isinstance(choices, list) and default not in choices:
        return f"is {default!r}, which is none of {', '.join(map(repr, choices))}"
    if isinstance(default, int | float):
        for word, direction in (("minimum", 1), ("maximum", -1)):
            bound = definition.get(word)
            if isinstance(bound, int | float) and (default - bound) * direction < 0:
                return f"is {default}, beyond its {word} of {bound}"
    return ""


def _is_of(value: Any, kind: type[Any] | tuple[type[Any], ...]) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, kind)


RULES = (schedules, dates, catchup_without_start, default_arguments, params)
