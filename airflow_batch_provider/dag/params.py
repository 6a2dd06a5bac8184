"""From a spec's params to Airflow's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from airflow_batch_provider.spec.params import is_param_definition


def airflow_params(written: Mapping[str, Any]) -> dict[str, Any]:
    """Make a ``Param`` with its JSON Schema of every definition; a plain value stays a default."""
    return {name: _param(value) if is_param_definition(value) else value for name, value in written.items()}


def _param(definition: Mapping[str, Any]) -> Param:
    """Make a param; without a default it must be given by whoever triggers a run."""
    schema = dict(definition)
    if "default" not in schema:
        return Param(**schema)
    return Param(schema.pop("default"), **schema)
