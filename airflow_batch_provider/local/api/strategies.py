"""``retryStrategy`` and ``timeout``: checked, and read into the lifecycle's types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from airflow_batch_provider.local.api.open_questions import Question
from airflow_batch_provider.local.api.request import Rules
from airflow_batch_provider.local.errors import ClientException, wrapped
from airflow_batch_provider.local.lifecycle.retries import ONE_ATTEMPT, ExitRule, RetryStrategy

MAX_ATTEMPTS: Final = 10
MAX_EXIT_RULES: Final = 5
MAX_PATTERN: Final = 512
REASON_PATTERN: Final = re.compile(r"[A-Za-z0-9.:\s]*\*?")
EXIT_CODE_PATTERN: Final = re.compile(r"[0-9]*\*?")
ACTIONS: Final = ("retry", "exit")


def check_retry(strategy: Mapping[str, Any], rules: Rules) -> None:
    """:raises ClientException: if it exceeds AWS's limits."""
    exit_rules = strategy.get("evaluateOnExit", [])
    attempts = strategy.get("attempts")
    if attempts is None:
        raise wrapped("RetryAttempts must be provided with retry strategy")
    in_range = 1 <= attempts <= MAX_ATTEMPTS
    if not in_range and Question.ATTEMPTS_AND_TIMEOUT not in rules.other_answers:
        raise ClientException(f"retryStrategy.attempts is {attempts}; it must be 1 to {MAX_ATTEMPTS}.")
    if len(exit_rules) > MAX_EXIT_RULES:
        raise ClientException(f"evaluateOnExit has {len(exit_rules)} entries; the most is {MAX_EXIT_RULES}.")
    for rule in exit_rules:
        _check_rule(rule)


def check_timeout(timeout: Mapping[str, Any], rules: Rules) -> None:
    """:raises ClientException: if it is shorter than AWS allows."""
    seconds = timeout.get("attemptDurationSeconds")
    if Question.ATTEMPTS_AND_TIMEOUT in rules.other_answers:
        return
    if seconds is not None and seconds < rules.min_timeout_seconds:
        raise ClientException(
            f"timeout.attemptDurationSeconds is {seconds}; the least is {rules.min_timeout_seconds}."
        )


def read_retry(strategy: Mapping[str, Any] | None) -> RetryStrategy:
    if strategy is None:
        return ONE_ATTEMPT
    return RetryStrategy(
        attempts=strategy["attempts"],
        exit_rules=tuple(
            ExitRule(
                retries=rule["action"].lower() == "retry",
                on_status_reason=rule.get("onStatusReason"),
                on_reason=rule.get("onReason"),
                on_exit_code=rule.get("onExitCode"),
            )
            for rule in strategy.get("evaluateOnExit", [])
        ),
    )


def describe_retry(strategy: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if strategy is None else {"evaluateOnExit": [], **strategy}


def _check_rule(rule: Mapping[str, str]) -> None:
    if rule["action"].lower() not in ACTIONS:
        raise ClientException(f"evaluateOnExit action is {rule['action']!r}; it must be RETRY or EXIT.")
    for name, pattern in rule.items():
        if name == "action":
            continue
        allowed = EXIT_CODE_PATTERN if name == "onExitCode" else REASON_PATTERN
        if not pattern or len(pattern) > MAX_PATTERN or not allowed.fullmatch(pattern):
            raise ClientException(f"evaluateOnExit {name} {pattern!r} is not a valid pattern.")
