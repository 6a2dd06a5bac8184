"""What pydantic finds wrong with a spec, in the author's words and at the author's places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import Path
from airflow_batch_provider.spec.language.base import is_branch
from airflow_batch_provider.spec.language.known_keys import keys_allowed_at
from airflow_batch_provider.spec.source import Place, Source

_KEYS_SHOWN: Final = 14

_WORDS: Final = {
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping, {key: value}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_short": "must not be empty",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "string_pattern_mismatch": "must be an import path, such as package.module.name",
    "datetime_type": "must be a date, 2006-01-31, or a time, 2006-01-31T06:00:00+01:00",
    "datetime_parsing": "must be a date, 2006-01-31, or a time, 2006-01-31T06:00:00+01:00",
    "datetime_from_date_parsing": "must be a date, 2006-01-31, or a time, 2006-01-31T06:00:00+01:00",
}


def shape_findings(error: ValidationError, source: Source) -> list[Finding]:
    """Say what is wrong where; what the members of a union say of one value becomes one finding."""
    said: dict[tuple[Path, str], dict[str, None]] = {}
    places: dict[tuple[Path, str], Place] = {}
    for path, kind, message, value in _problems(error, source.data):
        written = source.written(path)
        rule, text = _rule_and_text(written, kind, message, value)
        said.setdefault((written, rule), {})[_told(written, rule, text)] = None
        places.setdefault((written, rule), source.place(path, at_key=rule == "E202"))
    return [places[found].finding(found[1], _joined(texts)) for found, texts in said.items()]


def sound_part(error: ValidationError, data: dict[str, Any], source: Source) -> dict[str, Any]:
    """Copy a spec's data without what has the wrong shape, so that the rest can be looked at as well."""
    sound = deepcopy(data)
    for path, kind, _, _ in _problems(error, data):
        wrong = path[:-1] if kind == "missing" else path
        _remove(sound, wrong)
        _remove(sound, source.written(wrong))
    return {**sound, "workflow": sound.get("workflow", "unnamed")}


def _problems(error: ValidationError, data: dict[str, Any]) -> Iterator[tuple[Path, str, str, Any]]:
    for problem in error.errors(include_url=False, include_context=False):
        path = tuple(part for part in problem["loc"] if not is_branch(part))
        kind = problem["type"]
        yield path if kind == "missing" else _enclosed(path, data), kind, problem["msg"], problem["input"]


def _enclosed(path: Path, data: dict[str, Any]) -> Path:
    """Cut a path at the end of what is there; behind it, pydantic names members of unions."""
    is_job_value = path[:1] == ("jobs",) and len(path) > 2
    inherited = _depth(("defaults", *path[2:]), data) + 1 if is_job_value else 0
    return path[: max(_depth(path, data), inherited)]


def _depth(path: Path, data: Any) -> int:
    """Count how many parts of a path there are in the data."""
    for depth, part in enumerate(path):
        is_there = (
            part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        )
        if not is_there:
            return depth
        data = data[part]
    return len(path)


def _rule_and_text(path: Path, kind: str, message: str, value: Any) -> tuple[str, str]:
    if kind == "extra_forbidden":
        return "E202", _hint(path, keys_allowed_at(path[:-1]))
    if kind == "missing":
        return "E203", f" in '{_dotted(path[:-1])}'" if len(path) > 1 else ""
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return "E201", _WORDS.get(kind, plain) + _remedy(path, kind, value)


def _remedy(path: Path, kind: str, value: Any) -> str:
    """Show how a value is written that is nearly right."""
    if kind in ("list_type", "tuple_type") and isinstance(value, str) and value:
        words = value.split() if path[-1] == "command" else [value]
        return f": [{', '.join(words)}]"
    if kind.startswith("int_") and isinstance(value, str):
        return f", and {value!r} is a text"
    return ""


def _told(path: Path, rule: str, text: str) -> str:
    if rule == "E202":
        return f"unknown key '{path[-1]}'; {text}"
    if rule == "E203":
        return f"key '{path[-1]}' is missing{text}"
    return f"{_dotted(path)}: {text}"


def _hint(path: Path, known: Sequence[str]) -> str:
    key = str(path[-1])
    if path[0] == "defaults" and key in keys_allowed_at(("jobs", "")):
        return "it belongs in a job"
    if near := get_close_matches(snake_case(key), known, n=1):
        return f"did you mean '{near[0]}'?"
    return f"known here: {', '.join(known)}" if len(known) <= _KEYS_SHOWN else "no key here is like it"


def _joined(texts: Iterable[str]) -> str:
    """Join what is said of one value; its path is named once."""
    first, *others = texts
    return " or ".join([first, *(text.partition(": ")[2] for text in others)]).replace(" or must be ", " or ")


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _remove(data: dict[str, Any], path: Path) -> None:
    *above, name = [part for part in _up_to_a_list(path) if isinstance(part, str)] or [""]
    inner: Any = data
    for part in above:
        inner = inner.get(part) if isinstance(inner, dict) else None
    if not isinstance(inner, dict):
        return
    if above in (["jobs"], ["tasks"]):
        inner[name] = {} if above == ["jobs"] else {"python": "left.out"}  # others may depend on it
    else:
        inner.pop(name, None)


def _up_to_a_list(path: Path) -> Path:
    """Cut a path behind the first list in it: without one item, the others would stand elsewhere."""
    for length, part in enumerate(path):
        if isinstance(part, int):
            return path[:length]
    return path
