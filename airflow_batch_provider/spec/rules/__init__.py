"""The rules that a spec of the right shape must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules import (
    containers,
    graph,
    limits,
    members,
    naming,
    request_size,
    runs,
    tags,
    texts,
)
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.source import Source

Rule = Callable[[Workflow], Iterator[Violation]]

_READING: dict[str, str] = {
    "E101": "a file is UTF-8 and YAML or JSON, a mapping, and nested up to 100 levels deep.",
    "E102": "a key stands once in a mapping.",
    "E103": "a file unfolds to up to 500,000 values, its aliases included.",
    "E104": "a file has up to 4 MiB.",
    "E105": "`extends` names files that are there and that do not extend each other in a circle.",
    "E106": "`${{ name }}` names a variable, an `item` of `for_each` or a name of `matrix`.",
    "E107": "`for_each` is a list and `matrix` a mapping of lists, and they make jobs with different keys.",
    "E201": "a value is of the kind that its key takes; members in full are as AWS has them.",
    "E202": "a mapping has keys that are known there.",
    "E203": "a mapping has the keys that it needs.",
}
"""The rules that reading keeps, before there is a workflow."""

_RULES: tuple[Rule, ...] = (
    *graph.RULES,
    *runs.RULES,
    *members.RULES,
    *limits.RULES,
    *containers.RULES,
    *naming.RULES,
    *tags.RULES,
    *request_size.RULES,
    *texts.RULES,
)
_ABOUT_WHAT_IS_MISSING: tuple[Rule, ...] = (
    graph.array_dependencies,
    runs.catchup_without_start,
    members.exit_rules,
    limits.where_it_runs,
    containers.definitions_are_complete,
)


def catalogue() -> dict[str, str]:
    """Say in one sentence what each rule demands, by its id."""
    modules = (graph, runs, members, limits, containers, naming, tags, request_size)
    rules = [rule for module in modules for rule in module.RULES]
    said = dict(_rule_and_sentence(rule) for rule in (*rules, *texts.DOCUMENTED))
    return dict(sorted({**said, **_READING}.items(), key=lambda entry: entry[0][1:]))


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


def _rule_and_sentence(rule: Callable[..., object]) -> tuple[str, str]:
    number, _, sentence = (rule.__doc__ or "").partition(": ")
    return number, sentence
