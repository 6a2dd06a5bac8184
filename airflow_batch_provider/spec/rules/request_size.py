"""E408, E409: how large a request becomes, as far as its literal parts tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.sizes import largest_field, override_characters, request_bytes
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.subjects import Subject, jobs
from airflow_batch_provider.spec.rules.violation import Violation

_TEMPLATES: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OVERRIDES: Final = ("command", "environment", "container_overrides")
_MEMBERS: Final = (
    *_OVERRIDES,
    "parameters",
    "tags",
    "ecs_properties_override",
    "eks_properties_override",
    "node_overrides",
)
_SURELY_SMALL: Final = 4_000
"""Below this many characters as Python writes the members, nothing can be too large."""


def request_sizes(workflow: Workflow) -> Iterator[Violation]:
    """E408: a SubmitJob request has up to 30 KiB."""
    for subject, written in _large(workflow):
        size = request_bytes(written)
        if size > limits.REQUEST_BYTES_MAX:
            field, taken = largest_field(written)
            text = (
                f"{subject.name} makes a request of {size:,} bytes; AWS Batch takes "
                f"{limits.REQUEST_BYTES_MAX:,}. The largest part is {field} with {taken:,}; "
                "put it into S3 and pass its key"
            )
            yield Violation("E408", subject.path, text, at_key=True)


def override_sizes(workflow: Workflow) -> Iterator[Violation]:
    """E409: command, environment and what else overrides the container have up to 8,192 characters."""
    for subject, written in _large(workflow):
        overrides = written["container_overrides"]
        size = override_characters(overrides)
        if size > limits.OVERRIDE_CHARACTERS_MAX:
            field, taken = largest_field(overrides)
            text = (
                f"the container overrides of {subject.name} have {size:,} characters; a job with more than "
                f"{limits.OVERRIDE_CHARACTERS_MAX:,} fails when it starts. The largest part is {field} with "
                f"{taken:,}; put it into S3 and pass its key"
            )
            yield Violation("E409", subject.path, text, at_key=True)


def _large(workflow: Workflow) -> Iterator[tuple[Subject, dict[str, Any]]]:
    for subject in jobs(workflow):
        written = {name: value for name in _MEMBERS if (value := subject.get(name)) is not None}
        if len(str(written)) > _SURELY_SMALL:
            yield subject, _as_sent(_literal(written))


def _as_sent(job: dict[str, Any]) -> dict[str, Any]:
    """Put the members that reach the container where SubmitJob has them."""
    overrides = camel_case_members(job.get("container_overrides") or {})
    if "command" in job:
        overrides["command"] = job["command"]
    if "environment" in job:
        overrides["environment"] = [{"name": n, "value": v} for n, v in job["environment"].items()]
    outside = {name: job[name] for name in job if name not in _OVERRIDES}
    return {**outside, "container_overrides": overrides}


def _literal(value: Any) -> Any:
    """Take the templates out: how long they become is known only when the job runs."""
    if isinstance(value, str):
        return _TEMPLATES.sub("", value)
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


RULES = (request_sizes, override_sizes)
