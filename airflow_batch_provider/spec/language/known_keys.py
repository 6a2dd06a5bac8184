"""Find the keys that are allowed at a place in a spec, from the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.workflow import Workflow

_FILE_KEYS: Final = ("extends", "variables")
_EXPANSION_KEYS: Final = ("for_each", "matrix")
"""Keys that preprocessing removes before the models see a spec."""


def allowed_keys(path: Sequence[str | int]) -> list[str]:
    """Return the keys allowed in the mapping at ``path``; an empty list if the author chooses them."""
    preprocessed = _FILE_KEYS if not path else _EXPANSION_KEYS if _is_job(path) else ()
    return [*_keys_of_models(path), *preprocessed]


def nested_key(path: Sequence[str | int], key: str) -> str | None:
    """Return ``member.key`` if exactly one mapping member of the mapping at ``path`` allows ``key``."""
    members = [name for name in _keys_of_models(path) if key in _keys_of_models((*path, name))]
    return f"{members[0]}.{key}" if len(members) == 1 else None


def _is_job(path: Sequence[str | int]) -> bool:
    return len(path) == 2 and path[0] == "jobs"


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
