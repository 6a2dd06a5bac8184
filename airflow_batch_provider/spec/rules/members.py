"""E2xx: members in full, as in the AWS Batch API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from airflow_batch_provider.spec.aws_members import problems
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.language.base import LanguageModel, fields_in_full
from airflow_batch_provider.spec.models import JobDefinition, JobSettings, Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import subjects
from airflow_batch_provider.spec.rules.violation import Violation

_FULL_MEMBERS: Final = fields_in_full(JobSettings, JobDefinition)
_Written = TypeVar("_Written", bound=LanguageModel)


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


def has_full_members(written: LanguageModel) -> bool:
    """Return whether the author has set a member in full."""
    return not written.model_fields_set.isdisjoint(_FULL_MEMBERS)


def without_problems(written: _Written) -> tuple[_Written, bool]:
    """
    Return a job or job definition without the values that do not match AWS's service model.

    :returns: it, and whether it is whole: whether no value was removed.
    """
    update: dict[str, Any] = {}
    for member in _FULL_MEMBERS if has_full_members(written) else ():
        value = getattr(written, member, None)
        if value is not None and (found := list(problems(member, value))):
            update[member] = value
            for problem in found:
                update[member] = _without(update[member], problem.path)
    return (written.model_copy(update=update), False) if update else (written, True)


def _without(value: Any, path: DataPath) -> Any:
    """Return a value without the one at ``path``; an item of a list becomes empty, so that others stay."""
    if not path:
        return {}
    first, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(first, int):
        return [_without(item, rest) if index == first else item for index, item in enumerate(value)]
    if not isinstance(value, dict) or first not in value:
        return value
    others = {key: item for key, item in value.items() if key != first}
    return {**others, first: _without(value[first], rest)} if rest else others
