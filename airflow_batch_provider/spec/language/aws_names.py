"""Convert AWS's names and forms in a whole spec, before fragments and defaults are merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from airflow_batch_provider.spec.language.base import LanguageModel


def in_own_names(model: type[LanguageModel], value: Any) -> Any:
    """Return the data of a model with the keys of the workflow language, at any depth."""
    if not isinstance(value, dict):
        return value
    own = model.from_aws(value)
    nested = _nested_models(model)
    changed = {name: _inside(*nested[name], own[name]) for name in own if name in nested}
    return {**own, **changed} if changed else own


def _inside(inner: type[LanguageModel], is_item: bool, value: Any) -> Any:
    if not is_item:
        return in_own_names(inner, value)
    if isinstance(value, dict):
        return {key: in_own_names(inner, item) for key, item in value.items()}
    return [in_own_names(inner, item) for item in value] if isinstance(value, list) else value


@cache
def _nested_models(model: type[LanguageModel]) -> Mapping[str, tuple[type[LanguageModel], bool]]:
    """Return the fields that contain a model with AWS's names, and whether it is the model of their items."""
    return {
        name: found
        for name, field in model.model_fields.items()
        for found in _models_in(field.annotation)
        if _has_aws_names(found[0])
    }


def _has_aws_names(model: type[LanguageModel]) -> bool:
    return model.takes_aws_names or bool(_nested_models(model))


def _models_in(kind: Any, *, is_item: bool = False) -> Iterator[tuple[type[LanguageModel], bool]]:
    if isinstance(kind, type) and issubclass(kind, LanguageModel):
        yield kind, is_item
        return
    is_container = getattr(kind, "__origin__", None) in (dict, list, tuple)
    for argument in get_args(kind):
        yield from _models_in(argument, is_item=is_item or is_container)
