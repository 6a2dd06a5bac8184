"""E4xx: names, identifiers and tags as AWS Batch takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from airflow_batch_provider import limits
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.subjects import subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template

_PATTERNS: Final = {
    "job_definition": (
        limits.JOB_DEFINITION,
        "'name', 'name:revision' with a number, or an ARN; without a revision it is the latest active one",
    ),
    "job_queue": (limits.JOB_QUEUE, "up to 128 letters, digits, '-' and '_', or an ARN"),
    "share_identifier": (limits.SHARE_IDENTIFIER, "up to 255 letters and digits"),
}


def names(workflow: Workflow) -> Iterator[Violation]:
    """E412: queues, definitions and share identifiers have names that AWS Batch takes."""
    for subject in subjects(workflow):
        for member, (pattern, meaning) in _PATTERNS.items():
            value = subject.get(member)
            if isinstance(value, str) and not is_template(value) and not pattern.fullmatch(value):
                text = f"{subject.name} has the {member} '{value}'; it is {meaning}"
                yield Violation("E412", (*subject.path, member), text)


def tags(workflow: Workflow) -> Iterator[Violation]:
    """E411: tags have keys of 1 to 128 characters and values of up to 256, and no `aws:` in front."""
    for subject in subjects(workflow):
        for key, value in (subject.get("tags") or {}).items():
            path = (*subject.path, "tags", key)
            if problem := _key_problem(key):
                yield Violation("E411", path, f"{subject.name} has the tag '{key}'; {problem}", at_key=True)
            if not is_template(value) and len(value) > limits.TAG_VALUE_LENGTH_MAX:
                text = (
                    f"the value of tag '{key}' of {subject.name} has {len(value)} characters; "
                    f"AWS takes {limits.TAG_VALUE_LENGTH_MAX}"
                )
                yield Violation("E411", path, text)


def _key_problem(key: str) -> str:
    if key.lower().startswith(limits.RESERVED_TAG_PREFIX):
        return f"keys that begin with '{limits.RESERVED_TAG_PREFIX}' are AWS's own"
    if not 1 <= len(key) <= limits.TAG_KEY_LENGTH_MAX:
        return f"a key has 1 to {limits.TAG_KEY_LENGTH_MAX} characters, this one {len(key)}"
    return ""


RULES = (names, tags)
