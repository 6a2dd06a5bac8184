"""Turn pydantic's validation errors into findings at the author's lines and in the author's terms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.language.base import is_branch
from airflow_batch_provider.spec.source import Place, Source, full_form
from airflow_batch_provider.spec.suggestions import did_you_mean
from airflow_batch_provider.spec.unknown_keys import dotted, explain_unknown_key
from airflow_batch_provider.spec.unknowns import Unknowns

_REQUIREMENTS: Final = {
    "dict_type": "must be a mapping, such as {key: value}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_short": "must not be empty",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "string_pattern_mismatch": "must be an import path, such as package.module.name",
}
"""What a value must be, by pydantic's type of the error."""
_DATE_ERRORS: Final = frozenset({"datetime_type", "datetime_parsing", "datetime_from_date_parsing"})
_CHOICE_ERRORS: Final = frozenset({"enum", "literal_error"})
_KEY: Final = "[key]"
"""The last part of pydantic's path of a key."""
_CHOICE: Final = re.compile(r"'([^']*)'")
_ITEM_FORMS: Final = {
    "depends_on": "a job key, or a mapping such as {job: clean}",
    "produces": "a URI, or a mapping such as {uri: s3://bucket/key}",
    "assets": "a URI, or a mapping such as {uri: s3://bucket/key}",
    "on_failure": "a mapping such as {sns: {topic_arn: …}}",
    "on_success": "a mapping such as {sns: {topic_arn: …}}",
    "compute_environment_order": "the name of a compute environment, or a mapping such as "
    "{order: 1, compute_environment: name}",
}
"""The forms of an entry, by the key of its list."""


@dataclass(frozen=True, slots=True)
class SchemaError:
    """
    One of pydantic's errors.

    :param path: the path of the invalid value in the data; for a missing key, its own path.
    :param written: the same path as the author wrote it.
    :param kind: pydantic's type of the error.
    :param is_key: whether the key is invalid, and not its value.
    """

    path: DataPath
    written: DataPath
    kind: str
    message: str
    value: Any
    expected: str
    is_key: bool


def schema_errors(error: ValidationError, source: Source) -> list[SchemaError]:
    """Return the single errors, with the paths of values that exist in the data."""
    errors = []
    for each in error.errors(include_url=False):
        path = tuple(part for part in each["loc"] if not is_branch(part))
        path = path if each["type"] == "missing" else _existing(path, source.data)
        expected = str(each.get("ctx", {}).get("expected", ""))
        written = source.written_path(path)
        is_key = each["type"] == "extra_forbidden" or each["loc"][-1:] == (_KEY,)
        errors.append(SchemaError(path, written, each["type"], each["msg"], each["input"], expected, is_key))
    return errors


def schema_findings(errors: Iterable[SchemaError], source: Source, unknowns: Unknowns) -> list[Finding]:
    """
    Return the findings of the errors; the alternatives of a union become one finding for each value.

    Leave out those that only follow from what is unknown, and add to it what unknown keys probably mean.
    """
    errors = list(errors)
    for each in errors:
        if each.kind == "extra_forbidden":
            unknowns.keys.update(explain_unknown_key(each.written).meant)
    messages: dict[tuple[DataPath, str, bool], dict[str, None]] = {}
    places: dict[tuple[DataPath, str, bool], Place] = {}
    for each in errors:
        if not _follows(each, unknowns):
            rule, text = _rule_and_text(each)
            found = (each.written, rule, each.is_key)
            messages.setdefault(found, {})[text] = None
            places.setdefault(found, source.place(each.path, at_key=each.is_key))
    findings = [
        places[found].finding(found[1], _join_alternatives(texts)) for found, texts in messages.items()
    ]
    return [finding for finding in findings if not unknowns.is_unreadable(finding)]


def _follows(error: SchemaError, unknowns: Unknowns) -> bool:
    """Return whether an error only follows from something that is unknown."""
    if unknowns.contain(error.written):
        return True
    if error.kind == "missing":
        return unknowns.may_contain(error.written)
    if error.kind not in ("value_error", "too_short"):
        return False
    # These errors are about a value as a whole, from which something may be missing.
    is_whole_list = any(isinstance(part, int) for part in error.written)
    may_be_extended = isinstance(error.value, dict) and not is_whole_list and not unknowns.is_complete
    return may_be_extended or unknowns.has_part_of(error.written)


def _existing(path: DataPath, data: dict[str, Any]) -> DataPath:
    """Cut a path where the data ends: pydantic appends the names of union members to it."""
    is_job_value = path[:1] == ("jobs",) and len(path) > 2
    # A job contains its defaults by the time it is validated, but `data` has them in `defaults` only.
    inherited = _depth(("defaults", *path[2:]), data) + 1 if is_job_value else 0
    depth = max(_depth(path, data), inherited)
    full = full_form(path)
    return full if depth < len(path) and full != path and _depth(full, data) == len(full) else path[:depth]


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


def _rule_and_text(error: SchemaError) -> tuple[str, str]:
    path = error.written
    if error.kind == "extra_forbidden":
        return "E202", f"unknown key '{path[-1]}'{explain_unknown_key(path).text}"
    if error.kind == "missing":
        where = f" in '{dotted(path[:-1])}'" if len(path) > 1 else ""
        return "E203", f"missing key '{path[-1]}'{where}"
    return "E201", f"{dotted(path)}: {_requirement(error)}"


def _requirement(error: SchemaError) -> str:
    path, kind, value = error.written, error.kind, error.value
    if kind in _DATE_ERRORS:
        form = "a valid date (YYYY-MM-DD) or time (YYYY-MM-DDThh:mm:ss+hh:mm)"
        return f"{_shown(value)} is not {form}{_null_remedy(value)}"
    if kind in _CHOICE_ERRORS:
        choices = _CHOICE.findall(error.expected)
        listed = " or ".join(filter(None, [", ".join(map(repr, choices[:-1])), repr(choices[-1])]))
        suggestion = did_you_mean(value, choices) if isinstance(value, str) else ""
        return f"must be {listed}, not {_shown(value)}{suggestion or _null_remedy(value)}"
    if kind == "model_type":
        return _required_mapping(path, value)
    if kind == "string_type":
        return f"must be a string, not {_shown(value)}{_quoting_remedy(value)}"
    plain = error.message.removeprefix("Value error, ").replace("Input should be", "must be")
    return _REQUIREMENTS.get(kind, plain) + _correction(path, kind, value)


def _required_mapping(path: DataPath, value: Any) -> str:
    if path[:1] == ("jobs",) and len(path) == 2 and value is None:
        return "a job must be a mapping, not null; if the 'defaults' are all that it needs, write {}"
    if len(path) > 1 and isinstance(path[-1], int) and path[-2] in _ITEM_FORMS:
        remedy = _quoting_remedy(value) if path[-2] == "depends_on" else ""
        return f"must be {_ITEM_FORMS[str(path[-2])]}, not {_shown(value)}{remedy}"
    return f"must be a mapping, not {_shown(value)}"


def _shown(value: Any) -> str:
    """Return a value as the author wrote it, or what it is."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    kinds = ((dict, "a mapping"), (list, "a list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), repr(value))


def _quoting_remedy(value: Any) -> str:
    return "; put it in quotes if it is a string" if isinstance(value, bool | int | float) else ""


def _null_remedy(value: Any) -> str:
    is_python_word = isinstance(value, str) and value.lower() in ("none", "nil")
    return "; for no value, write null" if is_python_word else ""


def _correction(path: DataPath, kind: str, value: Any) -> str:
    """Show the correct form of a value that is nearly right."""
    if kind in ("list_type", "tuple_type") and isinstance(value, str) and value:
        words = value.split() if path[-1] == "command" else [value]
        return f", such as [{', '.join(words)}]"
    if kind in ("list_type", "tuple_type", "dict_type"):
        return f", not {_shown(value)}"
    if kind.startswith("int_") and isinstance(value, str):
        return f", not the string {value!r}"
    return ""


def _join_alternatives(texts: Iterable[str]) -> str:
    """Join the requirements for one value with "or"; name its path once."""
    first, *others = texts
    return " or ".join([first, *(text.partition(": ")[2] for text in others)]).replace(" or must be ", " or ")
