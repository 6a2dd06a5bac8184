"""The rules for a workflow that matches the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.models import Workflow

# Importing a module registers its rules.
from airflow_batch_provider.spec.rules import (
    airflow_settings,  # noqa: F401
    containers,  # noqa: F401
    empty,  # noqa: F401
    gates,  # noqa: F401
    graph,  # noqa: F401
    limits,  # noqa: F401
    members,  # noqa: F401
    naming,  # noqa: F401
    request_size,  # noqa: F401
    runs,  # noqa: F401
    tags,  # noqa: F401
    templates,  # noqa: F401
)
from airflow_batch_provider.spec.rules.reading import READING_RULES
from airflow_batch_provider.spec.rules.registry import Rule, registered_rules, summaries
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.source import Source
from airflow_batch_provider.spec.unknowns import Unknowns


def rule_summaries() -> dict[str, str]:
    """Return a one-sentence summary of each rule, by id."""
    everything = {**summaries(), **READING_RULES}
    return dict(sorted(everything.items(), key=lambda entry: entry[0][1:]))


def violations(workflow: Workflow) -> Iterator[Violation]:
    """Check a workflow against all rules."""
    for rule in registered_rules():
        yield from rule.check(workflow)


def check(workflow: Workflow, source: Source, unknowns: Unknowns) -> list[Finding]:
    """
    Check a workflow against all rules and return the findings with their positions.

    :param unknowns: the invalid values, which the workflow does not contain. Findings that only follow
        from one of them are left out.
    """
    found = (
        violation
        for rule in registered_rules()
        for violation in rule.check(workflow)
        if not _follows(violation, rule, source, unknowns)
    )
    return [finding for finding in _findings(found, source) if not unknowns.is_unreadable(finding)]


def _follows(violation: Violation, rule: Rule, source: Source, unknowns: Unknowns) -> bool:
    """Return whether a violation only follows from something that is unknown."""
    written = source.written_path(violation.path)
    if unknowns.contain(written[:-1] if violation.at_key else written):
        return True
    if violation.missing:
        return any(unknowns.may_contain(source.written_path(path)) for path in violation.missing)
    return rule.needs_whole_spec and unknowns.are_within(_part(written))


def _part(path: DataPath) -> DataPath:
    """Return the path of the part of a spec that a rule checks as a whole: a job, a resource, a section."""
    return path[: {"jobs": 2, "tasks": 2, "resources": 3}.get(str(path[0]), 1)] if path else ()


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
