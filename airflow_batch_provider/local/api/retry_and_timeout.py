"""Validates ``retryStrategy`` and ``timeout``, and converts them to the lifecycle's types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.lifecycle.retries import ONE_ATTEMPT, EvaluateOnExitEntry, RetryStrategy

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import ApiSettings

MAX_ATTEMPTS: Final = 10
MAX_EVALUATE_ON_EXIT_ENTRIES: Final = 5
MAX_PATTERN: Final = 512
REASON_PATTERN: Final = re.compile(r"[A-Za-z0-9.:\s]*\*?")
EXIT_CODE_PATTERN: Final = re.compile(r"[0-9]*\*?")
ACTIONS: Final = ("retry", "exit")


def check_retry_and_timeout(params: Mapping[str, Any], settings: ApiSettings) -> None:
    """Raise ``ClientException`` if ``retryStrategy`` or ``timeout`` exceeds AWS's limits."""
    if "retryStrategy" in params:
        _check_retry(params["retryStrategy"], settings)
    if "timeout" in params:
        _check_timeout(params["timeout"], settings)


def _check_retry(strategy: Mapping[str, Any], settings: ApiSettings) -> None:
    evaluate_on_exit = strategy.get("evaluateOnExit", [])
    attempts = strategy.get("attempts")
    if attempts is None:
        raise wrapped("RetryAttempts must be provided with retry strategy")
    in_range = 1 <= attempts <= MAX_ATTEMPTS
    if not in_range and Question.ATTEMPTS_AND_TIMEOUT not in settings.alternatives:
        raise ClientException(f"retryStrategy.attempts is {attempts}; it must be 1 to {MAX_ATTEMPTS}.")
    if len(evaluate_on_exit) > MAX_EVALUATE_ON_EXIT_ENTRIES:
        raise ClientException(
            f"evaluateOnExit has {len(evaluate_on_exit)} entries;"
            f" the maximum is {MAX_EVALUATE_ON_EXIT_ENTRIES}."
        )
    for entry in evaluate_on_exit:
        _check_entry(entry)


def _check_timeout(timeout: Mapping[str, Any], settings: ApiSettings) -> None:
    seconds = timeout.get("attemptDurationSeconds")
    if Question.ATTEMPTS_AND_TIMEOUT in settings.alternatives:
        return
    if seconds is not None and seconds < settings.min_timeout_seconds:
        raise ClientException(
            f"timeout.attemptDurationSeconds is {seconds}; the minimum is {settings.min_timeout_seconds}."
        )


def read_retry(strategy: Mapping[str, Any] | None) -> RetryStrategy:
    if strategy is None:
        return ONE_ATTEMPT
    return RetryStrategy(
        attempts=strategy["attempts"],
        evaluate_on_exit=tuple(
            EvaluateOnExitEntry(
                retries=entry["action"].lower() == "retry",
                on_status_reason=entry.get("onStatusReason"),
                on_reason=entry.get("onReason"),
                on_exit_code=entry.get("onExitCode"),
            )
            for entry in strategy.get("evaluateOnExit", [])
        ),
    )


def describe_retry(strategy: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if strategy is None else {"evaluateOnExit": [], **strategy}


def _check_entry(entry: Mapping[str, str]) -> None:
    if entry["action"].lower() not in ACTIONS:
        raise ClientException(f"evaluateOnExit action is {entry['action']!r}; it must be RETRY or EXIT.")
    for name, pattern in entry.items():
        if name == "action":
            continue
        allowed = EXIT_CODE_PATTERN if name == "onExitCode" else REASON_PATTERN
        if not pattern or len(pattern) > MAX_PATTERN or not allowed.fullmatch(pattern):
            raise ClientException(f"evaluateOnExit {name} {pattern!r} is not a valid pattern.")
