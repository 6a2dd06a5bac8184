"""Rules for the priority of Airflow tasks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from airflow_batch_provider.spec.suggestions import did_you_mean


class WeightRule(StrEnum):
    """Which tasks add to the priority of a task: those downstream of it, those upstream of it, or none."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"


def _weight_rule(value: Any) -> Any:
    # A text with dots is the import path of a strategy that a plugin registers.
    if isinstance(value, str) and "." not in value and value not in list(WeightRule):
        otherwise = f"; use {', '.join(WeightRule)}, or the import path of a strategy"
        raise ValueError(
            f"'{value}' is not a weight rule{did_you_mean(value, list(WeightRule), otherwise=otherwise)}"
        )
    if isinstance(value, bool | int | float | dict | list):
        raise ValueError(f"{value!r} is not a weight rule; use {', '.join(WeightRule)}")
    return value


AnyWeightRule = Annotated[
    Any, BeforeValidator(_weight_rule), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})
]
"""A ``WeightRule``, or the import path of a priority weight strategy that an Airflow plugin registers."""
