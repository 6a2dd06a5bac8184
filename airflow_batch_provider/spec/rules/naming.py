"""E412: names and identifiers that AWS Batch accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from airflow_batch_provider import limits
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import subjects
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template

_PATTERNS: Final = {
    "job_label": (limits.JOB_NAME_PART, "up to 128 letters, digits, '-' and '_'"),
    "job_definition": (
        limits.JOB_DEFINITION,
        "a name, 'name:revision' with a number, or an ARN; without a revision, "
        "AWS Batch uses the latest active one",
    ),
    "job_queue": (limits.JOB_QUEUE, "up to 128 letters, digits, '-' and '_', or an ARN"),
    "share_identifier": (limits.SHARE_IDENTIFIER, "up to 255 letters and digits"),
}


@rule("E412")
def names(workflow: Workflow) -> Iterator[Violation]:
    """Labels, job queues, job definitions and share identifiers have names that AWS Batch accepts."""
    for subject in subjects(workflow):
        for member, (pattern, allowed) in _PATTERNS.items():
            value = subject.get(member)
            if isinstance(value, str) and not is_template(value) and not pattern.fullmatch(value):
                text = f"{subject.name} has the {member} '{value}'; use {allowed}"
                yield Violation("E412", (*subject.path, member), text)
