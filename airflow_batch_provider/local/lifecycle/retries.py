"""Decides whether a failed attempt is retried: ``retryStrategy`` and ``evaluateOnExit``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class EvaluateOnExitEntry:
    """
    One entry of ``evaluateOnExit``. It matches when all of its conditions match.

    A condition is an exact text, or a prefix followed by ``*``. ``*`` alone also matches a missing text.
    """

    retries: bool
    on_status_reason: str | None = None
    on_reason: str | None = None
    on_exit_code: str | None = None

    def matches(self, status_reason: str, reason: str | None, exit_code: int | None) -> bool:
        return (
            _matches(self.on_status_reason, status_reason)
            and _matches(self.on_reason, reason)
            and _matches(self.on_exit_code, None if exit_code is None else str(exit_code))
        )


@dataclass(frozen=True, slots=True)
class RetryStrategy:
    """
    How often a job is attempted.

    :param attempts: the maximum number of attempts, including the first.
    :param evaluate_on_exit: the first entry that matches decides; if none matches, the job is retried.
    """

    attempts: int = 1
    evaluate_on_exit: tuple[EvaluateOnExitEntry, ...] = ()

    def allows_another(
        self, attempt_number: int, status_reason: str, reason: str | None, exit_code: int | None
    ) -> bool:
        """Return whether a failed attempt is followed by another."""
        if attempt_number >= self.attempts:
            return False
        for entry in self.evaluate_on_exit:
            if entry.matches(status_reason, reason, exit_code):
                return entry.retries
        return True


ONE_ATTEMPT: Final = RetryStrategy()


def _matches(pattern: str | None, text: str | None) -> bool:
    if pattern is None:
        return True
    if pattern.endswith("*"):
        return (text or "").startswith(pattern[:-1])
    return text == pattern
