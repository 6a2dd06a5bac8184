"""Turn pydantic's validation errors into findings at the author's lines and in the author's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.language.base import is_branch
from airflow_batch_provider.spec.language.known_keys import allowed_keys, nested_key
from airflow_batch_provider.spec.language.pasted_keys import reason_to_leave_out
from airflow_batch_provider.spec.source import Place, Source
from airflow_batch_provider.spec.suggestions import did_you_mean

_LISTED_KEYS_MAX: Final = 14
"""The maximum number of allowed keys that a message lists."""

_RENAMED: Final = {"job_name": "job_label"}
"""Members of SubmitJob that have another name here: the provider generates ``jobName``."""

_REQUIREMENTS: Final = {
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping, such as {key: value}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_short": "must not be empty",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "string_pattern_mismatch": "must be an import path, such as package.module.name",
}
"""What a value must be, by pydantic's type of the error."""
_DATE_ERRORS: Final = frozenset({"datetime_type", "datetime_parsing", "datetime_from_date_parsing"})


def schema_findings(error: ValidationError, source: Source) -> list[Finding]:
    """Return the findings of an error; the alternatives of a union become one finding for each value."""
    messages: dict[tuple[DataPath, str], dict[str, None]] = {}
    places: dict[tuple[DataPath, str], Place] = {}
    for path, kind, message, value in _problems(error, source.data):
        written = source.written_path(path)
        rule, text = _rule_and_text(written, source.spelled(written), kind, message, value)
        messages.setdefault((written, rule), {})[text] = None
        places.setdefault((written, rule), source.place(path, at_key=rule == "E202"))
    return [places[found].finding(found[1], _join_alternatives(texts)) for found, texts in messages.items()]


def valid_part(error: ValidationError, data: dict[str, Any], source: Source) -> dict[str, Any]:
    """Return a copy of a spec's data without its invalid values, so that the rules can check the rest."""
    valid = deepcopy(data)
    for path, kind, _, _ in _problems(error, data):
        invalid = path[:-1] if kind == "missing" else path
        _remove(valid, invalid)
        # The value may come from `defaults`, from which every job would inherit it again.
        _remove(valid, source.written_path(invalid))
    return {**valid, "workflow": valid.get("workflow", "unnamed")}


def _problems(error: ValidationError, data: dict[str, Any]) -> Iterator[tuple[DataPath, str, str, Any]]:
    for problem in error.errors(include_url=False, include_context=False):
        path = tuple(part for part in problem["loc"] if not is_branch(part))
        kind = problem["type"]
        yield path if kind == "missing" else _existing(path, data), kind, problem["msg"], problem["input"]


def _existing(path: DataPath, data: dict[str, Any]) -> DataPath:
    """Cut a path where the data ends: pydantic appends the names of union members to it."""
    is_job_value = path[:1] == ("jobs",) and len(path) > 2
    # A job contains its defaults by the time it is validated, but `data` has them in `defaults` only.
    inherited = _depth(("defaults", *path[2:]), data) + 1 if is_job_value else 0
    return path[: max(_depth(path, data), inherited)]


def _depth(path: DataPath, data: Any) -> int:
    """Return how many parts of a path exist in the data."""
    for depth, part in enumerate(path):
        exists = (
            part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        )
        if not exists:
            return depth
        data = data[part]
    return len(path)


def _rule_and_text(path: DataPath, spelled: DataPath, kind: str, message: str, value: Any) -> tuple[str, str]:
    if kind == "extra_forbidden":
        return "E202", f"unknown key '{path[-1]}'{_suggestion(path, allowed_keys(path[:-1]))}"
    if kind == "missing":
        where = f" in '{_dotted(spelled[:-1])}'" if len(path) > 1 else ""
        return "E203", f"missing key '{path[-1]}'{where}"
    return "E201", f"{_dotted(spelled)}: {_requirement(path, kind, message, value)}"


def _requirement(path: DataPath, kind: str, message: str, value: Any) -> str:
    if kind in _DATE_ERRORS:
        return f"{value!r} is not a valid date (YYYY-MM-DD) or time (YYYY-MM-DDThh:mm:ss+hh:mm)"
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return _REQUIREMENTS.get(kind, plain) + _correction(path, kind, value)


def _correction(path: DataPath, kind: str, value: Any) -> str:
    """Show the correct form of a value that is nearly right."""
    if kind in ("list_type", "tuple_type") and isinstance(value, str) and value:
        words = value.split() if path[-1] == "command" else [value]
        return f", such as [{', '.join(words)}]"
    if kind.startswith("int_") and isinstance(value, str):
        return f", not the string {value!r}"
    return ""


def _suggestion(path: DataPath, allowed: Sequence[str]) -> str:
    key = snake_case(str(path[-1]))
    if reason := reason_to_leave_out(path):
        return reason
    if path[0] == "defaults" and key in allowed_keys(("jobs", "")):
        return "; it is not allowed in 'defaults', only in a job"
    if key != path[-1] and key in allowed:
        return f"; '{key}' is the same key and is set too: keep one of them"
    if (renamed := _RENAMED.get(key)) in allowed:
        return f". Did you mean '{renamed}'?"
    if nested := nested_key(path[:-1], key):
        return f". Did you mean '{nested}'?"
    if len(allowed) <= _LISTED_KEYS_MAX:
        otherwise = f"; the allowed keys are {', '.join(allowed)}"
    else:
        otherwise = f"; the workflow language reference lists the keys of '{_dotted(path[:-1])}'"
    return did_you_mean(key, allowed, otherwise=otherwise)


def _join_alternatives(texts: Iterable[str]) -> str:
    """Join the requirements for one value with "or"; name its path once."""
    first, *others = texts
    return " or ".join([first, *(text.partition(": ")[2] for text in others)]).replace(" or must be ", " or ")


def _dotted(path: DataPath) -> str:
    return ".".join(str(part) for part in path)


def _remove(data: dict[str, Any], path: DataPath) -> None:
    *above, name = [part for part in _up_to_first_list(path) if isinstance(part, str)] or [""]
    inner: Any = data
    for part in above:
        inner = inner.get(part) if isinstance(inner, dict) else None
    if not isinstance(inner, dict):
        return
    if above in (["jobs"], ["tasks"]):
        inner[name] = {} if above == ["jobs"] else {"python": "left.out"}  # others may depend on it
    else:
        inner.pop(name, None)


def _up_to_first_list(path: DataPath) -> DataPath:
    """Cut a path at its first list index: to remove one item would shift the positions of the others."""
    for length, part in enumerate(path):
        if isinstance(part, int):
            return path[:length]
    return path
