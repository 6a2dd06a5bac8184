"""The rules for a workflow that matches the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.models import Workflow

# Importing a module registers its rules.
from airflow_batch_provider.spec.rules import (
    containers,  # noqa: F401
    graph,  # noqa: F401
    limits,  # noqa: F401
    members,  # noqa: F401
    naming,  # noqa: F401
    rendering,  # noqa: F401
    request_size,  # noqa: F401
    runs,  # noqa: F401
    tags,  # noqa: F401
    templates,  # noqa: F401
)
from airflow_batch_provider.spec.rules.reading import READING_RULES
from airflow_batch_provider.spec.rules.registry import registered_rules, summaries
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.source import Source


def rule_summaries() -> dict[str, str]:
    """Return a one-sentence summary of each rule, by id."""
    everything = {**summaries(), **READING_RULES}
    return dict(sorted(everything.items(), key=lambda entry: entry[0][1:]))


def violations(workflow: Workflow) -> Iterator[Violation]:
    """Check a workflow against all rules."""
    for rule in registered_rules():
        yield from rule.check(workflow)


def check(workflow: Workflow, source: Source) -> list[Finding]:
    """Check a workflow against all rules and return the findings with their positions."""
    return _findings(violations(workflow), source)


def check_partial(workflow: Workflow, source: Source) -> list[Finding]:
    """Check a workflow from which invalid values were removed against the rules that still apply."""
    rules = [rule for rule in registered_rules() if not rule.needs_whole_spec]
    return _findings((violation for rule in rules for violation in rule.check(workflow)), source)


def _findings(found: Iterable[Violation], source: Source) -> list[Finding]:
    """
    Convert violations to findings; report the same violation at one place only once.

    A wrong default is wrong for every job that inherits it, and a wrong ``for_each`` job for each
    of its jobs. The finding names the first job and counts the others.
    """
    groups: dict[Finding, list[Finding]] = {}
    for violation in found:
        place = source.place(violation.path, at_key=violation.at_key)
        finding = place.finding(violation.rule, violation.text)
        groups.setdefault(place.finding(violation.rule, violation.text_without_job), []).append(finding)
    return [_summarize(group) for group in groups.values()]


def _summarize(group: list[Finding]) -> Finding:
    first, others = group[0], len(group) - 1
    if not others:
        return first
    more = f" (and {others:,} more {'job' if others == 1 else 'jobs'})"
    return Finding(first.file, first.position, first.rule, first.text + more)
