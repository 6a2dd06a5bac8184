"""Whether a failed attempt is followed by another: ``retryStrategy`` and ``evaluateOnExit``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ExitRule:
    """
    One entry of ``evaluateOnExit``; it matches when every condition that it names matches.

    A pattern is an exact text, or a prefix when it ends in ``*``. ``*`` alone matches an absent text too.
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
    How often a job is tried.

    :param attempts: all attempts, the first one included.
    :param exit_rules: the first that matches decides; if none does, the attempt is repeated.
    """

    attempts: int = 1
    exit_rules: tuple[ExitRule, ...] = ()

    def allows_another(
        self, attempt_number: int, status_reason: str, reason: str | None, exit_code: int | None
    ) -> bool:
        if attempt_number >= self.attempts:
            return False
        for rule in self.exit_rules:
            if rule.matches(status_reason, reason, exit_code):
                return rule.retries
        return True


ONE_ATTEMPT: Final = RetryStrategy()


def _matches(pattern: str | None, text: str | None) -> bool:
    if pattern is None:
        return True
    if pattern.endswith("*"):
        return (text or "").startswith(pattern[:-1])
    return text == pattern
