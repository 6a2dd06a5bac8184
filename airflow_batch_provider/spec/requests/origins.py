"""Trace a value of a composed request back to the value that the author wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.names import camel_case, snake_case

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests import RequestPath
    from airflow_batch_provider.spec.document import DataPath
    from airflow_batch_provider.spec.models import Job, JobDefinition

_AMOUNTS: Final = {"VCPU": "vcpus", "MEMORY": "memory", "GPU": "gpus"}
_SHORT_MEMBERS: Final = frozenset({"command", "image", "jobRoleArn", "executionRoleArn"})
"""Members of a container that a short form replaces as a whole."""
_NAMED: Final = {"environment": "name", "secrets": "name", "resourceRequirements": "type"}
"""Lists of a container whose entries are merged, and the member that names an entry."""


def written_path(written: Job | JobDefinition, request: Mapping[str, Any], path: RequestPath) -> DataPath:
    """
    Return the path, below a job or job definition, of what became the value at ``path`` in its request.

    It is the path of the closest value around it if the author did not write the value.

    :param request: the request that was composed from ``written``.
    """
    if not path:
        return ()
    first, rest = str(path[0]), path[1:]
    if first == "arrayProperties":
        return ("array_size",)
    if first == "timeout":
        return ("timeout",)
    if first == "retryStrategy" and rest[:1] == ("attempts",) and written.attempts is not None:
        return ("attempts",)
    name = snake_case(first)
    if first in ("containerOverrides", "containerProperties"):
        return _in_container(written, name, request.get(first), rest)
    full = getattr(written, name, None)
    return () if full is None else (name, *_as_written(full, rest))


def _in_container(written: Any, member: str, composed: Any, path: RequestPath) -> DataPath:
    full = getattr(written, member) or {}
    in_full: DataPath = (member,) if full else ()
    if not path:
        return in_full
    first = str(path[0])
    short = snake_case(first)
    if first in _SHORT_MEMBERS and getattr(written, short, None) is not None:
        return (short, *path[1:])
    if first in _NAMED and len(path) > 1:
        entry = composed[first][path[1]]
        return _entry(written, full, first, entry.get(_NAMED[first]), path[2:]) or in_full
    return (*in_full, *_as_written(full, path)) if full else ()


def _entry(written: Any, full: Mapping[str, Any], member: str, name: Any, rest: RequestPath) -> DataPath:
    """Return the path of an entry of a merged list: its short form, or its place in the full member."""
    if member == "resourceRequirements":
        if getattr(written, str(_AMOUNTS.get(name)), None) is not None:
            return (_AMOUNTS[name],)
    elif isinstance(short := getattr(written, member, None), Mapping) and name in short:
        return (member, name)
    container = "container_properties" if hasattr(written, "container_properties") else "container_overrides"
    for key, value in full.items():
        if camel_case(key) == member and isinstance(value, list):
            for index, entry in reversed(list(enumerate(value))):
                if isinstance(entry, dict) and entry.get(_NAMED[member]) == name:
                    return (container, key, index, *_as_written(entry, rest))
    legacy = _AMOUNTS.get(name)
    return (container, legacy) if legacy is not None and legacy in full else ()


def _as_written(value: Any, path: RequestPath) -> DataPath:
    """Return as much of a path as exists, with the keys as the author spelled them."""
    found: list[str | int] = []
    for part in path:
        if isinstance(value, dict):
            key = next((key for key in value if part in (key, camel_case(key))), None)
            if key is None:
                break
            found.append(key)
            value = value[key]
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            found.append(part)
            value = value[part]
        else:
            break
    return tuple(found)
