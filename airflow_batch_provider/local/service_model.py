"""AWS Batch's service model as botocore ships it: operations and the shapes of their inputs and outputs."""

from __future__ import annotations

from functools import cache
from typing import Final

from botocore.loaders import Loader
from botocore.model import OperationModel, Shape
from botocore.model import ServiceModel as BotocoreServiceModel

SERVICE: Final = "batch"


class ServiceModel:
    """The operations of AWS Batch by name."""

    def __init__(self, model: BotocoreServiceModel) -> None:
        self._operations: dict[str, OperationModel] = {
            name: model.operation_model(name) for name in model.operation_names
        }

    @property
    def operation_names(self) -> list[str]:
        return sorted(self._operations)

    def http_binding(self, operation: str) -> tuple[str, str]:
        """Return the method and the URI template of an operation, such as ``/v1/tags/{resourceArn}``."""
        http = self._operations[operation].http
        return http["method"], http["requestUri"]

    def input_shape(self, operation: str) -> Shape | None:
        shape: Shape | None = self._operations[operation].input_shape
        return shape

    def output_shape(self, operation: str) -> Shape | None:
        shape: Shape | None = self._operations[operation].output_shape
        return shape


@cache
def load_service_model() -> ServiceModel:
    """Load botocore's newest model of AWS Batch, once per process."""
    return ServiceModel(BotocoreServiceModel(Loader().load_service_model(SERVICE, "service-2"), SERVICE))
