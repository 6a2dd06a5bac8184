"""Write a workflow that was built in Python as YAML, for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import yaml

from airflow_batch_provider.spec.rules.templates import is_secret
from airflow_batch_provider.spec.spec_text import HIDDEN, SPEC_TEXT_MAX, SpecText, first_lines

if TYPE_CHECKING:
    from airflow_batch_provider.spec.models import Workflow

_WIDTH: Final = 100


def workflow_text(workflow: Workflow) -> SpecText:
    """
    Return what to show of a workflow.

    The order in which Python code adds jobs and dependencies, and the addresses of its objects, can
    change with every parse. They do not change the text: Airflow would store a new version of the DAG.
    """
    data = workflow.model_dump(exclude_defaults=True)
    defaults = data.get("defaults", {})
    data["jobs"] = {key: _own_members(job, defaults) for key, job in data["jobs"].items()}
    if "tasks" in data:
        data["tasks"] = {key: _own_members(task, {}) for key, task in data["tasks"].items()}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    plain = {name: _plain(value) for name, value in data.items()}
    text: str = yaml.dump(plain, Dumper=dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return SpecText("", *first_lines(text, SPEC_TEXT_MAX))


def _own_members(member: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a job does not take from ``defaults``, with its dependencies in their short form."""
    own = {name: value for name, value in member.items() if name not in defaults or defaults[name] != value}
    if "depends_on" in own:
        own["depends_on"] = sorted((_dependency(each) for each in own["depends_on"]), key=str)
    return own


def _dependency(written: dict[str, Any]) -> Any:
    return written["job"] if written.keys() == {"job"} else written


def _plain(value: Any, name: str = "") -> Any:
    """Return a value of the types that YAML has; an object is the name of its type."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return HIDDEN if is_secret(name, value, has_own_name=True) else value
    if isinstance(value, bool | int | float | date | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, str(key)) for key, item in sorted(value.items(), key=_text_of_key)}
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(item)) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, timedelta):
        return str(value)
    named = value if isinstance(value, FunctionType | type) else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def _text_of_key(item: tuple[Any, Any]) -> str:
    return str(item[0])
