"""Convert a spec's params to Airflow's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from airflow_batch_provider.spec.params import is_param_definition, param_types


def airflow_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``Param`` with its JSON Schema for each definition, and plain default values unchanged."""
    return {name: _param(value) if is_param_definition(value) else value for name, value in params.items()}


def _param(definition: Mapping[str, Any]) -> Param:
    """Return a param. Without a default, every run must set it, unless it may be null."""
    arguments = dict(definition)
    if "default" in arguments or "null" in param_types(arguments):
        return Param(arguments.pop("default", None), **arguments)
    return Param(**arguments)
