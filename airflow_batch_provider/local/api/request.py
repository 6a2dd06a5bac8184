"""The request that every operation receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.open_questions import Question
    from airflow_batch_provider.local.region import Region


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """
    Limits that the server's options can relax.

    :param min_timeout_seconds: the minimum ``attemptDurationSeconds``.
    :param alternatives: the open questions for which the alternative answer was chosen.
    """

    min_timeout_seconds: int = 60
    alternatives: frozenset[Question] = frozenset()


@dataclass(frozen=True, slots=True)
class Request:
    """
    A call of an operation.

    :param now: the local clock's time in milliseconds since the epoch.
    :param params: the input, validated against the service model.
    :param size: the length of the body in bytes.
    """

    region: Region
    now: int
    params: Mapping[str, Any]
    size: int
    settings: ApiSettings

    def uses_alternative(self, question: Question) -> bool:
        """Return whether the alternative answer to an open question was chosen."""
        return question in self.settings.alternatives


@dataclass(frozen=True, slots=True)
class EncodedResult:
    """
    The result of a read operation, already serialized.

    :param body: JSON that conforms to the service model.
    """

    body: bytes
