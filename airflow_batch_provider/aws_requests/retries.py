"""E402, E403, E404, E417: timeouts, retry strategies and scheduling priorities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import (
    entries,
    is_missing,
    is_template,
    items,
    known_number,
    known_text,
    mapping,
)
from airflow_batch_provider.names import snake_case

_REASON: Final = (re.compile(r"[A-Za-z0-9.:\s]*\*?"), "letters, digits, '.', ':' and spaces")
_PATTERNS: Final = {
    "onStatusReason": _REASON,
    "onReason": _REASON,
    "onExitCode": (re.compile(r"[0-9]*\*?"), "digits"),
}
_ACTIONS: Final = ("RETRY", "EXIT")


def refusals_of_retries(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield what is wrong with ``timeout`` and ``retryStrategy``, which both requests have."""
    timeout = mapping(request.get("timeout")).get("attemptDurationSeconds")
    requirement = f"AWS Batch requires at least {limits.TIMEOUT_SECONDS_MIN} seconds"
    path: RequestPath = ("timeout", "attemptDurationSeconds")
    yield from refusals_of_range("E402", path, "timeout", timeout, limits.TIMEOUT_SECONDS_MIN, requirement)
    if "retryStrategy" in request:
        yield from _refusals_of_strategy(mapping(request["retryStrategy"]))


def refusals_of_range(
    rule: str,
    path: RequestPath,
    name: str,
    value: Any,
    smallest: int,
    requirement: str,
    largest: float = float("inf"),
) -> Iterator[Refusal]:
    """Yield a refusal if a known number is out of range."""
    number = known_number(value)
    if number is not None and not smallest <= number <= largest:
        shown = f"{int(number):,}" if number.is_integer() else str(value)
        yield Refusal(rule, path, f"has {name} {shown}; {requirement}")


def refusals_of_priority(member: str, request: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield a refusal if the scheduling priority is out of range."""
    largest = limits.SCHEDULING_PRIORITY_MAX
    requirement = f"AWS Batch accepts 0 to {largest:,}"
    yield from refusals_of_range(
        "E404", (member,), snake_case(member), request.get(member), 0, requirement, largest
    )


def _refusals_of_strategy(strategy: Mapping[str, Any]) -> Iterator[Refusal]:
    smallest, largest = limits.ATTEMPTS_MIN, limits.ATTEMPTS_MAX
    attempts, conditions = strategy.get("attempts"), strategy.get("evaluateOnExit")
    requirement = f"AWS Batch accepts {smallest} to {largest}"
    path: RequestPath = ("retryStrategy", "attempts")
    yield from refusals_of_range("E403", path, "attempts", attempts, smallest, requirement, largest)
    if is_missing(attempts):
        name = "evaluateOnExit" if conditions else None
        path = ("retryStrategy", name) if name else ("retryStrategy",)
        text = f"has {snake_case(name or 'retryStrategy')} but no attempts; AWS Batch requires both"
        yield Refusal("E417", path, text)
    path = ("retryStrategy", "evaluateOnExit")
    if (count := len(items(conditions))) > (largest := limits.EVALUATE_ON_EXIT_MAX):
        text = f"has {count} entries in evaluate_on_exit; AWS Batch accepts at most {largest}"
        yield Refusal("E417", path, text)
    for index, condition in entries(conditions):
        yield from _refusals_of_condition(condition, (*path, index))


def _refusals_of_condition(condition: Mapping[str, Any], path: RequestPath) -> Iterator[Refusal]:
    action = condition.get("action")
    if not is_template(action) and str(action).upper() not in _ACTIONS:
        text = f"has the action {action!r} in evaluate_on_exit; AWS Batch accepts {' and '.join(_ACTIONS)}"
        yield Refusal("E417", (*path, "action"), text)
    for name, value in condition.items():
        pattern, characters = _PATTERNS.get(name, (None, ""))
        shown = known_text(value)
        if pattern is None or shown is None:
            continue
        if not shown or len(shown) > limits.EXIT_PATTERN_LENGTH_MAX or not pattern.fullmatch(shown):
            message = (
                f"has the {snake_case(name)} '{shown}'; AWS Batch accepts up to "
                f"{limits.EXIT_PATTERN_LENGTH_MAX} {characters}, optionally followed by '*'"
            )
            yield Refusal("E417", (*path, name), message)
