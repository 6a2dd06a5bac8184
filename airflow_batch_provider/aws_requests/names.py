"""E412: names and identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.values import known_text
from airflow_batch_provider.names import snake_case

_NAME: Final = (
    limits.JOB_NAME,
    "up to 128 letters, digits, '-' and '_', beginning with a letter or digit",
)
_PATTERNS: Final = {
    "jobName": _NAME,
    "jobDefinitionName": _NAME,
    "jobDefinition": (
        limits.JOB_DEFINITION,
        "a name, 'name:revision' with a number, or an ARN; without a revision, "
        "AWS Batch uses the latest active one",
    ),
    "jobQueue": (limits.JOB_QUEUE, "up to 128 letters, digits, '-' and '_', or an ARN"),
    "shareIdentifier": (limits.SHARE_IDENTIFIER, "up to 255 letters and digits"),
}


def refusals_of_names(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield the names and identifiers that AWS Batch does not accept."""
    for member, (pattern, allowed) in _PATTERNS.items():
        value = known_text(request.get(member))
        if value is not None and not pattern.fullmatch(value):
            yield Refusal("E412", (member,), f"has the {snake_case(member)} '{value}'; use {allowed}")
