"""The rules that a spec of the right shape must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules import graph, limits
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.source import Source

Rule = Callable[[Workflow], Iterator[Violation]]

_RULES: tuple[Rule, ...] = (*graph.RULES, *limits.RULES)
_ABOUT_WHAT_IS_MISSING: tuple[Rule, ...] = (graph.array_dependencies, limits.where_it_runs)


def violations(workflow: Workflow) -> Iterator[Violation]:
    """Apply every rule."""
    for rule in _RULES:
        yield from rule(workflow)


def check(workflow: Workflow, source: Source) -> list[Finding]:
    """Apply every rule and place what it finds in the files."""
    return _placed(violations(workflow), source)


def check_part(workflow: Workflow, source: Source) -> list[Finding]:
    """Apply the rules that hold even where parts of the spec had to be left out."""
    rules = [rule for rule in _RULES if rule not in _ABOUT_WHAT_IS_MISSING]
    return _placed((violation for rule in rules for violation in rule(workflow)), source)


def _placed(found: Iterator[Violation], source: Source) -> list[Finding]:
    """
    Place what was found; what is wrong at one place for several jobs is reported once.

    A wrong default is wrong for every job that inherits it, and a wrong ``for_each`` job for each
    of its jobs: the first is named, the others are counted.
    """
    groups: dict[Finding, list[Finding]] = {}
    for violation in found:
        place = source.place(violation.path, at_key=violation.at_key)
        finding = place.finding(violation.rule, violation.text)
        groups.setdefault(place.finding(violation.rule, violation.about_any_job), []).append(finding)
    return [_counted(group) for group in groups.values()]


def _counted(group: list[Finding]) -> Finding:
    first, others = group[0], len(group) - 1
    if not others:
        return first
    more = f" (and so for {others:,} more {'job' if others == 1 else 'jobs'})"
    return Finding(first.file, first.position, first.rule, first.text + more)
