"""E2xx, E417: members in full, as in the AWS Batch API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.names import camel_case, snake_case
from airflow_batch_provider.spec.aws_members import problems
from airflow_batch_provider.spec.language.base import fields_in_full
from airflow_batch_provider.spec.models import JobDefinition, JobSettings, Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import Subject, subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template

_FULL_MEMBERS: Final = fields_in_full(JobSettings, JobDefinition)
_PATTERNS: Final = {
    "on_status_reason": (re.compile(r"[A-Za-z0-9.:\s]*\*?"), "letters, digits, '.', ':' and spaces"),
    "on_reason": (re.compile(r"[A-Za-z0-9.:\s]*\*?"), "letters, digits, '.', ':' and spaces"),
    "on_exit_code": (re.compile(r"[0-9]*\*?"), "digits"),
}


@rule("E201", "E202", "E203")
def full_members(workflow: Workflow) -> Iterator[Violation]:
    """A member in full matches AWS's service model."""
    for subject in subjects(workflow):
        for member in _FULL_MEMBERS:
            value = subject.get(member)
            if value is None:
                continue
            for problem in problems(member, value):
                is_unknown_key = problem.rule == "E202"
                path = (*subject.path, member, *problem.path)
                dotted = ".".join(map(str, (member, *problem.path)))
                text = problem.text if is_unknown_key else f"{dotted} of {subject.name}: {problem.text}"
                missing = (path,) if problem.rule == "E203" else ()
                yield Violation(problem.rule, path, text, at_key=is_unknown_key, missing=missing)


@rule("E417")
def evaluate_on_exit(workflow: Workflow) -> Iterator[Violation]:
    """A retry strategy with `evaluate_on_exit` has `attempts`, at most 5 entries, and valid patterns."""
    for subject in subjects(workflow):
        strategy = subject.get("retry_strategy") or {}
        written = {camel_case(name): name for name in strategy}
        name = written.get("evaluateOnExit")
        entries = strategy.get(name)
        if name is None or not isinstance(entries, list):
            continue
        path = (*subject.path, "retry_strategy", name)
        if subject.get("attempts") is None and "attempts" not in written:
            text = f"{subject.name} has {name} but no attempts; AWS Batch requires both"
            yield Violation(
                "E417", path, text, missing=((*subject.path, "attempts"), (*path[:-1], "attempts"))
            )
        if len(entries) > limits.EVALUATE_ON_EXIT_MAX:
            largest = limits.EVALUATE_ON_EXIT_MAX
            text = f"{subject.name} has {len(entries)} entries in {name}; AWS Batch accepts at most {largest}"
            yield Violation("E417", path, text)
        for index, entry in enumerate(entries):
            yield from _invalid_patterns(subject, entry, (*path, index))


def _invalid_patterns(subject: Subject, entry: Any, path: tuple[str | int, ...]) -> Iterator[Violation]:
    for name, value in entry.items() if isinstance(entry, dict) else ():
        pattern, characters = _PATTERNS.get(snake_case(name), (None, ""))
        text = str(value)
        if pattern is None or is_template(text):
            continue
        if not text or len(text) > limits.EXIT_PATTERN_LENGTH_MAX or not pattern.fullmatch(text):
            message = (
                f"{subject.name} has the {name} '{text}'; AWS Batch accepts up to "
                f"{limits.EXIT_PATTERN_LENGTH_MAX} {characters}, optionally followed by '*'"
            )
            yield Violation("E417", (*path, name), message)
