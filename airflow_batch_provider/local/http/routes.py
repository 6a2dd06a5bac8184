"""AWS Batch's HTTP routes, from botocore's service model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from airflow_batch_provider.local.service_model import ServiceModel


@dataclass(frozen=True, slots=True)
class Route:
    """
    The operation that a method and a path select.

    :param path_params: members of the input that the path carries.
    """

    operation: str
    path_params: Mapping[str, str]


class Routes:
    """Finds the operation of a request."""

    def __init__(self, model: ServiceModel) -> None:
        self._fixed: dict[tuple[str, str], str] = {}
        self._prefixed: list[tuple[str, str, str, str]] = []
        for name in model.operation_names:
            method, uri = model.http_binding(name)
            prefix, brace, member = uri.partition("{")
            if brace:
                self._prefixed.append((method, prefix, member.removesuffix("}"), name))
            else:
                self._fixed[method, uri] = name

    def find(self, method: str, raw_path: str) -> Route | None:
        """Return the route for a method and a percent-encoded path, or ``None``."""
        name = self._fixed.get((method, raw_path.rstrip("/")))
        if name is not None:
            return Route(name, {})
        for known_method, prefix, member, name in self._prefixed:
            if method == known_method and raw_path.startswith(prefix) and raw_path != prefix:
                return Route(name, {member: unquote(raw_path.removeprefix(prefix))})
        return None
