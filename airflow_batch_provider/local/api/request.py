"""What every operation gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.region import Region


@dataclass(frozen=True, slots=True)
class Rules:
    """
    Limits of AWS that tests may loosen.

    :param min_timeout_seconds: least ``attemptDurationSeconds``.
    :param other_answers: open questions that do not get their default answer.
    """

    min_timeout_seconds: int = 60
    other_answers: frozenset[Question] = frozenset()


@dataclass(frozen=True, slots=True)
class Request:
    """
    A call of one operation, its input already checked against the service model.

    :param size: length of the body in bytes.
    """

    region: Region
    now: int
    params: Mapping[str, Any]
    size: int
    rules: Rules

    def answers_otherwise(self, question: Question) -> bool:
        """Tell whether an open question has not its default answer."""
        return question in self.rules.other_answers


@dataclass(frozen=True, slots=True)
class Encoded:
    """
    The result of an operation that changes nothing, ready to be sent.

    :param body: JSON, as the service model shapes it.
    """

    body: bytes


Operation = Callable[[Request], dict[str, Any] | Encoded]
