"""E406, E411, E420: tags as AWS takes them, https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from airflow_batch_provider import limits
from airflow_batch_provider.spec.document import Path
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.subjects import Subject, subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template

_RESOURCES: Final = {
    "compute_environments": "compute environment",
    "scheduling_policies": "scheduling policy",
    "job_queues": "job queue",
}
_RENDERED_LATER: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_CHARACTERS: Final = "letters, digits, spaces and + - = . _ : / @"


def tag_counts(workflow: Workflow) -> Iterator[Violation]:
    """E406: a job has at most 50 tags."""
    for subject in _tagged(workflow):
        count = len(subject.get("tags") or {})
        if count > limits.TAGS_MAX:
            text = f"{subject.name} has {count} tags; AWS Batch accepts {limits.TAGS_MAX}"
            yield Violation("E406", (*subject.path, "tags"), text)


def tag_lengths(workflow: Workflow) -> Iterator[Violation]:
    """E411: tags have keys of 1 to 128 characters and values of up to 256, and no `aws:` in front."""
    for subject, path, key, value in _tags(workflow):
        if problem := _key_problem(key):
            yield Violation("E411", path, f"{subject.name} has the tag '{key}'; {problem}", at_key=True)
        if not is_template(value) and len(value) > limits.TAG_VALUE_LENGTH_MAX:
            text = (
                f"the value of tag '{key}' of {subject.name} has {len(value)} characters; "
                f"AWS takes {limits.TAG_VALUE_LENGTH_MAX}"
            )
            yield Violation("E411", path, text)


def tag_characters(workflow: Workflow) -> Iterator[Violation]:
    """E420: tags are made of letters, digits, spaces and `+ - = . _ : / @`."""
    for subject, path, key, value in _tags(workflow):
        if wrong := limits.ILLEGAL_IN_TAGS.search(key):
            text = f"{subject.name} has the tag '{key}' with {wrong[0]!r} in its key; AWS takes {_CHARACTERS}"
            yield Violation("E420", path, text, at_key=True)
        if wrong := limits.ILLEGAL_IN_TAGS.search(_RENDERED_LATER.sub("", value)):
            text = (
                f"the value of tag '{key}' of {subject.name} has {wrong[0]!r} in it; AWS takes {_CHARACTERS}"
            )
            yield Violation("E420", path, text)


def _tagged(workflow: Workflow) -> Iterator[Subject]:
    """Name all that has tags: what has members of AWS's, and what is made before."""
    yield from subjects(workflow)
    for member, kind in _RESOURCES.items():
        for name, resource in getattr(workflow.resources, member).items():
            yield Subject(("resources", member, name), f"{kind} '{name}'", resource)


def _tags(workflow: Workflow) -> Iterator[tuple[Subject, Path, str, str]]:
    for subject in _tagged(workflow):
        for key, value in (subject.get("tags") or {}).items():
            yield subject, (*subject.path, "tags", key), key, value


def _key_problem(key: str) -> str:
    if key.lower().startswith(limits.RESERVED_TAG_PREFIX):
        return f"keys that begin with '{limits.RESERVED_TAG_PREFIX}' are AWS's own"
    if not 1 <= len(key) <= limits.TAG_KEY_LENGTH_MAX:
        return f"a key has 1 to {limits.TAG_KEY_LENGTH_MAX} characters, this one {len(key)}"
    return ""


RULES = (tag_counts, tag_lengths, tag_characters)
