"""E408, E409: the size of requests, estimated from the literal parts of a spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.sizes import largest_field, override_characters, request_bytes
from airflow_batch_provider.spec.language.base import fields_in_full
from airflow_batch_provider.spec.models import JobSettings, Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import Subject, jobs
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import without_templates

_OVERRIDES: Final = ("command", "environment", "container_overrides")
_MEMBERS: Final = tuple(dict.fromkeys((*_OVERRIDES, "parameters", "tags", *fields_in_full(JobSettings))))
_ALWAYS_SMALL_ENOUGH: Final = 4_000
"""Jobs whose members have fewer characters than this, as printed by Python, cannot exceed a limit."""


@rule("E408")
def request_sizes(workflow: Workflow) -> Iterator[Violation]:
    """A SubmitJob request has at most 30 KiB."""
    for subject, members in _large_jobs(workflow):
        size = request_bytes(members)
        if size > limits.REQUEST_BYTES_MAX:
            field, taken = largest_field(members)
            text = (
                f"the SubmitJob request of {subject.name} has {size:,} bytes; AWS Batch accepts at most "
                f"{limits.REQUEST_BYTES_MAX:,}. The largest part is {field} with {taken:,} bytes; "
                "store it in S3 and pass its key"
            )
            yield Violation("E408", subject.path, text, at_key=True)


@rule("E409")
def override_sizes(workflow: Workflow) -> Iterator[Violation]:
    """The container overrides, including command and environment, have at most 8,192 characters."""
    for subject, members in _large_jobs(workflow):
        overrides = members["container_overrides"]
        size = override_characters(overrides)
        if size > limits.OVERRIDE_CHARACTERS_MAX:
            field, taken = largest_field(overrides)
            text = (
                f"the container overrides of {subject.name} have {size:,} characters; a job with more than "
                f"{limits.OVERRIDE_CHARACTERS_MAX:,} fails to start. The largest part is {field} with "
                f"{taken:,} characters; store it in S3 and pass its key"
            )
            yield Violation("E409", subject.path, text, at_key=True)


def _large_jobs(workflow: Workflow) -> Iterator[tuple[Subject, dict[str, Any]]]:
    for subject in jobs(workflow):
        members = {name: value for name in _MEMBERS if (value := subject.get(name)) is not None}
        if len(str(members)) > _ALWAYS_SMALL_ENOUGH:
            yield subject, _in_request(_literal(members))


def _in_request(job: dict[str, Any]) -> dict[str, Any]:
    """Move the members that override the container to where SubmitJob has them."""
    overrides = camel_case_members(job.get("container_overrides") or {})
    if "command" in job:
        overrides["command"] = job["command"]
    if isinstance(job.get("environment"), dict):
        overrides["environment"] = [{"name": n, "value": v} for n, v in job["environment"].items()]
    others = {name: job[name] for name in job if name not in _OVERRIDES}
    return {**others, "container_overrides": overrides}


def _literal(value: Any) -> Any:
    """Remove all templates: the length of their results is known only when the job runs."""
    if isinstance(value, str):
        return without_templates(value)
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value
