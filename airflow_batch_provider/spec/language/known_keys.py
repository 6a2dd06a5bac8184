"""Find the keys that are allowed at a place in a spec, and the places where a key is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, get_args

from airflow_batch_provider.names import camel_case, snake_case
from airflow_batch_provider.spec.aws_members import member_kinds, shapes
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.workflow import Workflow

_FILE_KEYS: Final = ("extends", "variables")
_EXPANSION_KEYS: Final = ("for_each", "matrix")
"""Keys that preprocessing removes before the models see a spec."""
ANY: Final = "*"
"""A part of a pattern of paths: a name that the author chooses."""

PathPattern = tuple[str, ...]
"""The path of a mapping, without list indexes: ``("jobs", "*", "job_definition")``."""


def allowed_keys(path: Sequence[str | int]) -> list[str]:
    """Return the keys allowed in the mapping at ``path``; an empty list if the author chooses them."""
    preprocessed = _FILE_KEYS if not path else _EXPANSION_KEYS if _is_job(path) else ()
    return [*_keys_of_models(path), *preprocessed]


@cache
def mappings_with(key: str) -> tuple[PathPattern, ...]:
    """Return all mappings of the language in which a key is allowed."""
    found = [above for above, name in _all_keys() if name == key]
    return tuple(dict.fromkeys(found))


def pattern_of(path: Sequence[str | int]) -> PathPattern:
    """Return the pattern of a path: without list indexes, and with ``*`` for the author's names."""
    parts = [part for part in path if isinstance(part, str)]
    at = {"jobs": 1, "tasks": 1, "resources": 2}.get(parts[0] if parts else "", len(parts))
    return tuple(ANY if index == at else part for index, part in enumerate(parts))


def _is_job(path: Sequence[str | int]) -> bool:
    return len(path) == 2 and path[0] == "jobs"


@cache
def _all_keys() -> tuple[tuple[PathPattern, str], ...]:
    preprocessed = [*[((), key) for key in _FILE_KEYS], *[(("jobs", ANY), key) for key in _EXPANSION_KEYS]]
    return (*_keys_below(Workflow, ()), *preprocessed)


def _keys_below(model: type[LanguageModel], path: PathPattern) -> Iterator[tuple[PathPattern, str]]:
    for name, field in model.model_fields.items():
        yield path, name
        yield from _keys_in_full((*path, name), field.annotation)
        for inner in _models(field.annotation):
            yield from _keys_below(inner, (*path, name))
        item = _item_type(field.annotation)
        for inner in _models(item):
            is_mapping = path == () or path == ("resources",)
            yield from _keys_below(inner, (*path, name, ANY) if is_mapping else (*path, name))


def _keys_in_full(path: PathPattern, kind: Any) -> Iterator[tuple[PathPattern, str]]:
    """Yield the keys of a member of AWS's API in full."""
    shape = member_kinds().get(camel_case(path[-1])) if kind == dict[str, Any] | None else None
    if isinstance(shape, str) and shape in shapes():
        yield from ((path, snake_case(member)) for member in shapes()[shape]["members"])


def _keys_of_models(path: Sequence[str | int]) -> list[str]:
    models: list[type[LanguageModel]] = [Workflow]
    types: list[Any] = []
    for part in path:
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        types = [field.annotation for field in fields] or [_item_type(kind) for kind in types]
        models = [model for kind in types for model in _models(kind)]
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _models(kind: Any) -> Iterator[type[LanguageModel]]:
    """Yield the models of a type, such as the members of a union, but not those of its items."""
    if isinstance(kind, type) and issubclass(kind, LanguageModel):
        yield kind
    elif not _is_container(kind):
        for argument in get_args(kind):
            yield from _models(argument)


def _item_type(kind: Any) -> Any:
    if _is_container(kind):
        return [argument for argument in get_args(kind) if argument is not ...][-1]
    return next((found for found in map(_item_type, get_args(kind)) if found is not None), None)


def _is_container(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) in (dict, list, tuple) and bool(get_args(kind))
