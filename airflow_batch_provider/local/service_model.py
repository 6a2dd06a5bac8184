"""AWS Batch's own description of its API, as botocore ships it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, Shape
from botocore.model import ServiceModel as BotocoreServiceModel

SERVICE: Final = "batch"


@dataclass(frozen=True, slots=True)
class Route:
    """
    What a method and path stand for.

    :param in_path: members of the input that the path carries.
    """

    operation: str
    in_path: Mapping[str, str]


class ServiceModel:
    """The operations of AWS Batch, by name and by method and path."""

    def __init__(self, model: BotocoreServiceModel) -> None:
        self._operations: dict[str, OperationModel] = {
            name: model.operation_model(name) for name in model.operation_names
        }
        self._fixed: dict[tuple[str, str], str] = {}
        self._prefixed: list[tuple[str, str, str, str]] = []
        for name, operation in self._operations.items():
            method, uri = operation.http["method"], operation.http["requestUri"]
            prefix, brace, member = uri.partition("{")
            if brace:
                self._prefixed.append((method, prefix, member.removesuffix("}"), name))
                continue
            self._fixed[method, uri] = name

    @property
    def operation_names(self) -> list[str]:
        return sorted(self._operations)

    def input_shape(self, operation: str) -> Shape | None:
        shape: Shape | None = self._operations[operation].input_shape
        return shape

    def output_shape(self, operation: str) -> Shape | None:
        shape: Shape | None = self._operations[operation].output_shape
        return shape

    def route(self, method: str, raw_path: str) -> Route | None:
        """Return the operation at a method and still encoded path, if there is one."""
        name = self._fixed.get((method, raw_path.rstrip("/")))
        if name is not None:
            return Route(name, {})
        for known_method, prefix, member, name in self._prefixed:
            if method == known_method and raw_path.startswith(prefix) and raw_path != prefix:
                return Route(name, {member: unquote(raw_path.removeprefix(prefix))})
        return None


@cache
def load_service_model() -> ServiceModel:
    """Load botocore's newest model of AWS Batch, once a process."""
    return ServiceModel(BotocoreServiceModel(Loader().load_service_model(SERVICE, "service-2"), SERVICE))
