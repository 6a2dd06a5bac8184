"""Import the callbacks that a spec names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from airflow_batch_provider.errors import SpecError


def imported_callbacks(arguments: Mapping[str, Any], names: frozenset[str], where: str) -> dict[str, Any]:
    """
    Return arguments whose callbacks are callables instead of import paths.

    :param names: the arguments that are callbacks.
    :param where: what has these arguments, such as ``job 'align'``.
    :raises SpecError: a callback cannot be imported, or is not a function.
    """
    found = {name: _imported(arguments[name], f"{name} of {where}") for name in names & arguments.keys()}
    return {**arguments, **found}


def _imported(callbacks: Any, what: str) -> Any:
    if isinstance(callbacks, list | tuple):
        return [_imported(each, what) for each in callbacks]
    return _function(callbacks, what) if isinstance(callbacks, str) else callbacks


def _function(path: str, what: str) -> Callable[..., Any]:
    module, _, name = path.rpartition(".")
    try:
        found: Any = getattr(import_module(module), name)
    except Exception as error:  # an import can raise anything
        raise SpecError(
            f"{what}: could not import '{path}': {error}. Check the path. Its module must be installed, or "
            "on PYTHONPATH, where Airflow parses DAG files and runs tasks"
        ) from error
    if isinstance(found, type) or not callable(found):
        kind = "a class" if isinstance(found, type) else f"of type {type(found).__name__}"
        raise SpecError(
            f"{what}: '{path}' is {kind}; name a function, or an object that can be called, such "
            "as a notifier"
        )
    return found  # type: ignore[no-any-return]
