"""Which keys an author can write at a place, told from the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.language.workflow import Workflow

_OF_FILES: Final = ("extends", "variables")
_OF_JOBS_IN_FILES: Final = ("for_each", "matrix")
"""What is done with before the models see a spec."""


def keys_allowed_at(path: Sequence[str | int]) -> list[str]:
    """List the keys that the mapping at ``path`` knows; nothing where an author's own keys stand."""
    in_files = _OF_FILES if not path else _OF_JOBS_IN_FILES if is_job(path) else ()
    return [*_keys_of_models(path), *in_files]


def is_job(path: Sequence[str | int]) -> bool:
    """Tell whether a path leads to a job."""
    return len(path) == 2 and path[0] == "jobs"


def _keys_of_models(path: Sequence[str | int]) -> list[str]:
    models: list[type[LanguageModel]] = [Workflow]
    inside: list[Any] = []
    for part in path:
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        inside = [field.annotation for field in fields] or [_item(kind) for kind in inside]
        models = [model for kind in inside for model in _models(kind)]
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _models(kind: Any) -> Iterator[type[LanguageModel]]:
    """Find the models that a type offers directly, not those of its items."""
    if isinstance(kind, type) and issubclass(kind, LanguageModel):
        yield kind
    elif not _is_container(kind):
        for argument in get_args(kind):
            yield from _models(argument)


def _item(kind: Any) -> Any:
    if _is_container(kind):
        return [argument for argument in get_args(kind) if argument is not ...][-1]
    return next((found for found in map(_item, get_args(kind)) if found is not None), None)


def _is_container(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) in (dict, list, tuple) and bool(get_args(kind))
