"""E406, E411, E420: AWS's limits on tags, https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from airflow_batch_provider import limits
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import Subject, subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template, without_templates

_RESOURCES: Final = {
    "compute_environments": "compute environment",
    "scheduling_policies": "scheduling policy",
    "job_queues": "job queue",
}
_ALLOWED: Final = "letters, digits, spaces and + - = . _ : / @"


@rule("E406")
def tag_counts(workflow: Workflow) -> Iterator[Violation]:
    """A job or resource has at most 50 tags."""
    for subject in _tagged(workflow):
        count = len(_literal_tags(subject))
        if count > limits.TAGS_MAX:
            text = f"{subject.name} has {count} tags; AWS Batch accepts at most {limits.TAGS_MAX}"
            yield Violation("E406", (*subject.path, "tags"), text)


@rule("E411")
def tag_lengths(workflow: Workflow) -> Iterator[Violation]:
    """Tag keys have 1 to 128 characters and do not start with `aws:`; tag values have at most 256."""
    for subject, path, key, value in _tags(workflow):
        if problem := _key_problem(key):
            yield Violation("E411", path, f"{subject.name} has the tag key '{key}'; {problem}", at_key=True)
        if not is_template(value) and len(value) > limits.TAG_VALUE_LENGTH_MAX:
            text = (
                f"the value of tag '{key}' of {subject.name} has {len(value)} characters; "
                f"AWS accepts at most {limits.TAG_VALUE_LENGTH_MAX}"
            )
            yield Violation("E411", path, text)


@rule("E420")
def tag_characters(workflow: Workflow) -> Iterator[Violation]:
    """Tags consist of letters, digits, spaces and `+ - = . _ : / @`."""
    for subject, path, key, value in _tags(workflow):
        if wrong := limits.ILLEGAL_IN_TAGS.search(key):
            text = f"{subject.name} has the tag key '{key}' with {wrong[0]!r}; AWS accepts only {_ALLOWED}"
            yield Violation("E420", path, text, at_key=True)
        if wrong := limits.ILLEGAL_IN_TAGS.search(without_templates(value)):
            text = (
                f"the value of tag '{key}' of {subject.name} contains {wrong[0]!r}; "
                f"AWS accepts only {_ALLOWED}"
            )
            yield Violation("E420", path, text)


def _tagged(workflow: Workflow) -> Iterator[Subject]:
    """Yield everything that has tags: jobs, job definitions and other resources."""
    yield from subjects(workflow)
    for member, kind in _RESOURCES.items():
        for name, resource in getattr(workflow.resources, member).items():
            yield Subject(("resources", member, name), f"{kind} '{name}'", resource)


def _tags(workflow: Workflow) -> Iterator[tuple[Subject, DataPath, str, str]]:
    for subject in _tagged(workflow):
        for key, value in _literal_tags(subject).items():
            yield subject, (*subject.path, "tags", key), key, value


def _literal_tags(subject: Subject) -> dict[str, str]:
    """Return the tags; none if they are one template, whose result is known only at run time."""
    tags = subject.get("tags")
    return tags if isinstance(tags, dict) else {}


def _key_problem(key: str) -> str:
    if key.lower().startswith(limits.RESERVED_TAG_PREFIX):
        return f"AWS reserves keys that start with '{limits.RESERVED_TAG_PREFIX}'"
    if not 1 <= len(key) <= limits.TAG_KEY_LENGTH_MAX:
        return f"a key must have 1 to {limits.TAG_KEY_LENGTH_MAX} characters, not {len(key)}"
    return ""
