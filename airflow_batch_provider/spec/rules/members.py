"""E2xx, E417: members that are written in full, as AWS has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.names import camel_case
from airflow_batch_provider.spec.aws_members import problems
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.subjects import Subject, subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template

_FULL_MEMBERS: Final = (
    "container_overrides",
    "retry_strategy",
    "ecs_properties_override",
    "eks_properties_override",
    "node_overrides",
    "consumable_resource_properties_override",
    "container_properties",
    "ecs_properties",
    "eks_properties",
    "node_properties",
    "consumable_resource_properties",
)
_PATTERNS: Final = {
    "on_status_reason": (re.compile(r"[A-Za-z0-9.:\s]*\*?"), "letters, digits, '.', ':' and spaces"),
    "on_reason": (re.compile(r"[A-Za-z0-9.:\s]*\*?"), "letters, digits, '.', ':' and spaces"),
    "on_exit_code": (re.compile(r"[0-9]*\*?"), "digits"),
}


def full_members(workflow: Workflow) -> Iterator[Violation]:
    """E201: a member in full has the form that AWS's service model gives it."""
    for subject in subjects(workflow):
        for member in _FULL_MEMBERS:
            value = subject.get(member)
            if value is None:
                continue
            for problem in problems(member, value):
                path = (*subject.path, member, *problem.path)
                dotted = ".".join(map(str, (member, *problem.path)))
                text = (
                    problem.text if problem.rule == "E202" else f"{dotted} of {subject.name}: {problem.text}"
                )
                yield Violation(problem.rule, path, text, at_key=problem.rule == "E202")


def exit_rules(workflow: Workflow) -> Iterator[Violation]:
    """E417: `evaluate_on_exit` has up to 5 entries with patterns that AWS Batch takes, and `attempts`."""
    for subject in subjects(workflow):
        strategy = subject.get("retry_strategy") or {}
        written = {camel_case(name): name for name in strategy}
        name = written.get("evaluateOnExit")
        entries = strategy.get(name)
        if name is None or not isinstance(entries, list):
            continue
        path = (*subject.path, "retry_strategy", name)
        if subject.get("attempts") is None and "attempts" not in written:
            text = f"{subject.name} has {name} but no 'attempts', which AWS Batch wants beside it"
            yield Violation("E417", path, text)
        if len(entries) > limits.EVALUATE_ON_EXIT_MAX:
            most = limits.EVALUATE_ON_EXIT_MAX
            text = f"{subject.name} has {len(entries)} entries in {name}; AWS Batch takes {most}"
            yield Violation("E417", path, text)
        for index, entry in enumerate(entries):
            yield from _wrong_patterns(subject, entry, (*path, index))


def _wrong_patterns(subject: Subject, entry: Any, path: tuple[str | int, ...]) -> Iterator[Violation]:
    for name, value in entry.items() if isinstance(entry, dict) else ():
        pattern, characters = _PATTERNS.get(_snake(name), (None, ""))
        text = str(value)
        if pattern is None or is_template(text):
            continue
        if not text or len(text) > limits.EXIT_PATTERN_LENGTH_MAX or not pattern.fullmatch(text):
            message = (
                f"{subject.name} has {name} '{text}'; AWS Batch takes up to "
                f"{limits.EXIT_PATTERN_LENGTH_MAX} {characters}, and a '*' at the end"
            )
            yield Violation("E417", (*path, name), message)


def _snake(name: str) -> str:
    return next((known for known in _PATTERNS if camel_case(known) == camel_case(name)), name)


RULES = (full_members, exit_rules)
