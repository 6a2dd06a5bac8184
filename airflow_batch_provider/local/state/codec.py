"""Encodes records as JSON and decodes them. Only the types listed here can be decoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Final

from airflow_batch_provider.local.lifecycle.capacity import (
    ComputeEnvironment,
    HostSize,
    JobQueue,
    ResourceStatus,
    TimeLimit,
)
from airflow_batch_provider.local.lifecycle.consumables import ConsumableRequirement, ConsumableResource
from airflow_batch_provider.local.lifecycle.containers import Container
from airflow_batch_provider.local.lifecycle.jobs import JobSpec
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.lifecycle.retries import EvaluateOnExitEntry, RetryStrategy

Resource = SchedulingPolicy | ConsumableResource | ComputeEnvironment | JobQueue

RESOURCES: Final[tuple[type[Any], ...]] = (SchedulingPolicy, ConsumableResource, ComputeEnvironment, JobQueue)
"""Types of resources; each type refers only to types before it."""

KNOWN: Final[Mapping[str, Any]] = {
    kind.__name__: kind
    for kind in (
        *RESOURCES,
        *(
            JobSpec,
            Container,
            RetryStrategy,
            EvaluateOnExitEntry,
            ConsumableRequirement,
            TimeLimit,
            HostSize,
            ResourceStatus,
        ),
    )
}
KIND: Final = "$"
CONTENT: Final = "of"


class Codec:
    """
    Encodes and decodes the records of a Region. Resources are referred to by number.

    :ivar numbers: the number of each resource.
    """

    def __init__(self) -> None:
        self.numbers: dict[Resource, int] = {}
        self._resources: dict[int, Resource] = {}

    def register(self, resource: Resource, number: int) -> None:
        """Assign a number to a resource."""
        self.numbers[resource] = number
        self._resources[number] = resource

    def resource(self, number: int) -> Any:
        return self._resources[number]

    def write(self, record: Any) -> str:
        """Encode a record."""
        return json.dumps(self._encode_record(record))

    def read(self, text: str) -> Any:
        """
        Decode a record.

        :raises KeyError, TypeError, ValueError: if the text was not written by :meth:`write`.
        """
        return self._decode(json.loads(text))

    def _encode(self, value: Any) -> Any:
        if isinstance(value, StrEnum):
            return {KIND: type(value).__name__, CONTENT: value.value}
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, Mapping):
            encoded = {key: self._encode(item) for key, item in value.items()}
            return {KIND: "map", CONTENT: encoded} if KIND in encoded else encoded
        if isinstance(value, list):
            return [self._encode(item) for item in value]
        if isinstance(value, tuple):
            return {KIND: "tuple", CONTENT: [self._encode(item) for item in value]}
        if isinstance(value, RESOURCES):
            return {KIND: "ref", CONTENT: self.numbers[value]}
        return self._encode_record(value)

    def _encode_record(self, record: Any) -> dict[str, Any]:
        if not is_dataclass(record) or type(record).__name__ not in KNOWN:
            raise TypeError(f"{record!r} cannot be stored in a state file")
        members = {field.name: self._encode(getattr(record, field.name)) for field in fields(record)}
        return {KIND: type(record).__name__, CONTENT: members}

    def _decode(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        if KIND not in value:
            return {key: self._decode(item) for key, item in value.items()}
        kind, content = value[KIND], value[CONTENT]
        match kind:
            case "map":
                return {key: self._decode(item) for key, item in content.items()}
            case "tuple":
                return tuple(self._decode(item) for item in content)
            case "ref":
                return self._resources[content]
        known = KNOWN[kind]
        if isinstance(content, str):
            return known(content)
        return known(**{name: self._decode(item) for name, item in content.items()})
