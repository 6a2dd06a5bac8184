"""The rules that a spec of the right shape must keep."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules import graph, limits
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.source import Source

_RULES = (*graph.RULES, *limits.RULES)
_ABOUT_WHAT_IS_MISSING = (graph.array_dependencies, limits.where_it_runs)


def violations(workflow: Workflow) -> Iterator[Violation]:
    """Apply every rule."""
    for rule in _RULES:
        yield from rule(workflow)


def check(workflow: Workflow, source: Source) -> Iterator[Finding]:
    """Apply every rule and place what it finds in the file."""
    for violation in violations(workflow):
        yield _placed(violation, source)


def check_part(workflow: Workflow, source: Source) -> Iterator[Finding]:
    """Apply the rules that hold even where parts of the spec had to be left out."""
    for rule in _RULES:
        if rule not in _ABOUT_WHAT_IS_MISSING:
            yield from (_placed(violation, source) for violation in rule(workflow))


def _placed(violation: Violation, source: Source) -> Finding:
    find = source.key_position if violation.at_key else source.position
    return Finding(source.file, find(violation.path), violation.rule, violation.text)
