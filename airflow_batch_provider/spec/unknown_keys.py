"""Explain an unknown key: the key that it probably means, or the mapping in which it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.language.known_keys import (
    ANY,
    PathPattern,
    allowed_keys,
    mappings_with,
    pattern_of,
)
from airflow_batch_provider.spec.language.pasted_keys import reason_to_leave_out
from airflow_batch_provider.spec.suggestions import closest_name
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS

_LISTED_KEYS_MAX: Final = 14
"""The maximum number of allowed keys that a message lists."""
_LISTED_MAPPINGS_MAX: Final = 4
_TYPO_CUTOFF: Final = 0.8
"""A key as similar as this is a typing error, even if it is a key of another mapping."""

_RENAMED: Final = {"job_name": "job_label", "queue": "job_queue"}
"""What authors call keys that have another name here. The provider generates ``jobName``."""
_COMMON: Final = frozenset({"type", "name", "state", "order", "arguments", "job", "context"})
"""Keys that have a different meaning in each mapping, so that none is the one that was meant."""
_DEFAULT_ARGS: Final = ("airflow", "default_args")


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    The explanation of an unknown key.

    :param text: to be appended to "unknown key 'x'".
    :param meant: the paths of the keys that the author may have meant.
    """

    text: str
    meant: tuple[DataPath, ...] = ()


def explain_unknown_key(path: DataPath) -> Explanation:
    """Explain the unknown key at ``path``."""
    above, written = path[:-1], str(path[-1])
    key, allowed = snake_case(written), allowed_keys(above)
    if path[0] == "defaults" and len(path) == 2 and key in allowed_keys(("jobs", "")):
        return Explanation("; it is not allowed in 'defaults', only in a job")
    if reason := reason_to_leave_out(path):
        return Explanation(reason)
    if key != written and key in allowed and written[:1].islower():
        return Explanation(f"; '{key}' is the same key and is set too: keep one of them")
    renamed = _RENAMED.get(key, key)
    if renamed in allowed:
        return _similar(above, renamed)
    if (within := _within(above, key)) is not None:
        return within
    typo = closest_name(key, allowed, cutoff=_TYPO_CUTOFF)
    if typo is None and (elsewhere := _elsewhere(above, key)) is not None:
        return elsewhere
    similar = closest_name(key, allowed)
    if similar is not None:
        return _similar(above, similar)
    if len(allowed) <= _LISTED_KEYS_MAX:
        return Explanation(f"; the allowed keys are {', '.join(allowed)}")
    return Explanation(f"; the workflow language reference lists the keys of '{dotted(above)}'")


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as authors write it in a message: ``jobs.clean.command``."""
    return ".".join(str(part) for part in path)


def _similar(above: DataPath, key: str) -> Explanation:
    return Explanation(f". Did you mean '{key}'?", ((*above, key),))


def _within(above: DataPath, key: str) -> Explanation | None:
    """Return the mappings within this one in which the key belongs."""
    here = pattern_of(above)
    nearest = _nearest([each for each in _mappings(key) if here and each[: len(here)] == here != each])
    if not nearest:
        return None
    # In a top-level section, the name of the section helps to find the mapping.
    section = here if len(here) == 1 and here != ("defaults",) else ()
    names = [f"'{dotted((*section, *each[len(here) :]))}'" for each in nearest]
    return _belongs(names, [(*above, *each[len(here) :], key) for each in nearest])


def _elsewhere(above: DataPath, key: str) -> Explanation | None:
    """Return the mappings in which the key belongs: those that are the nearest to the top."""
    here = pattern_of(above)
    arguments = [_DEFAULT_ARGS] if here == _DEFAULT_ARGS[:1] and key in TASK_ARGUMENTS else []
    nearest = _nearest([each for each in (*_mappings(key), *arguments) if each != here])
    if not nearest:
        return None
    return _belongs([_name(each) for each in nearest], [(*each, key) for each in nearest if ANY not in each])


def _mappings(key: str) -> Sequence[PathPattern]:
    # Almost every argument of a task is allowed in `default_args`, which is rarely what was meant.
    found = () if key in _COMMON else mappings_with(key)
    return [each for each in found if each != _DEFAULT_ARGS]


def _nearest(mappings: Sequence[PathPattern]) -> list[PathPattern]:
    """Return the mappings that are the least deep; none if there are too many to list."""
    depths = [1 if each == _DEFAULT_ARGS else len(each) - each.count(ANY) for each in mappings]
    nearest = [each for each, depth in zip(mappings, depths, strict=True) if depth == min(depths)]
    return nearest if len(nearest) <= _LISTED_MAPPINGS_MAX else []


def _belongs(names: Sequence[str], meant: Sequence[DataPath]) -> Explanation:
    listed = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return Explanation(f"; it belongs to {listed}", tuple(meant))


def _name(mapping: PathPattern) -> str:
    """Return the name of a mapping in a message."""
    if not mapping:
        return "the top level"
    if mapping[:2] in (("jobs", ANY), ("tasks", ANY)):
        part = "a job" if mapping[0] == "jobs" else "a Python task"
        return f"'{dotted(mapping[2:])}' of {part}" if len(mapping) > 2 else part
    return f"'{dotted([part for part in mapping if part != ANY])}'"
