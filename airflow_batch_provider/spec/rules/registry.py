"""The registry of rules: ``@rule`` registers a function under the ids of the findings that it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.violation import Violation

Check = Callable[[Workflow], Iterator[Violation]]
_Function = TypeVar("_Function", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A check of a workflow that matches the schema.

    :param ids: the ids of the violations that it reports.
    :param needs_whole_spec: the rule reports what is missing. Its violations are not reported for a job
        (or resource, or section) in which a value is invalid, because that may be the missing one.
        Violations with ``missing`` paths are more exact.
    """

    ids: tuple[str, ...]
    check: Check
    needs_whole_spec: bool


_RULES: Final[dict[tuple[str, ...], Rule]] = {}
_SUMMARIES: Final[dict[str, str]] = {}


def rule(*ids: str, needs_whole_spec: bool = False) -> Callable[[Check], Check]:
    """
    Register a function as a rule.

    The docstring of a rule with one id becomes its summary in the documentation. A rule with several
    ids documents each with ``@summary_of``.
    """

    def register(check: Check) -> Check:
        if ids in _RULES:
            raise ValueError(f"a rule with the ids {ids} is registered already: {_RULES[ids].check}")
        _RULES[ids] = Rule(ids, check, needs_whole_spec)
        return summary_of(ids[0])(check) if len(ids) == 1 else check

    return register


def summary_of(rule_id: str) -> Callable[[_Function], _Function]:
    """Register the docstring of a function as the summary of a rule id."""

    def register(function: _Function) -> _Function:
        _SUMMARIES[rule_id] = (function.__doc__ or "").strip()
        return function

    return register


def registered_rules() -> list[Rule]:
    """Return all rules, sorted by id."""
    return [_RULES[ids] for ids in sorted(_RULES, key=lambda ids: ids[0][1:])]


def summaries() -> dict[str, str]:
    """Return the summary of each rule id."""
    return dict(_SUMMARIES)
