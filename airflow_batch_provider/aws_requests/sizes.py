"""E408, E409, E428: the size of requests, measured on their literal parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.values import literal, mapping
from airflow_batch_provider.sizes import largest_field, override_characters, request_bytes

_ALWAYS_SMALL_ENOUGH: Final = 4_000
"""A request with fewer characters than this, as printed by Python, cannot exceed a limit."""


def refusals_of_registration_size(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield a refusal if a RegisterJobDefinition request is too large."""
    if len(str(request)) < _ALWAYS_SMALL_ENOUGH:
        return
    members = literal(request)
    if (size := request_bytes(members)) > limits.DEFINITION_BYTES_MAX:
        yield Refusal(
            "E428", (), _too_large("RegisterJobDefinition", size, limits.DEFINITION_BYTES_MAX, members)
        )


def refusals_of_submission_size(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield refusals if a SubmitJob request or its overrides are too large."""
    if len(str(request)) < _ALWAYS_SMALL_ENOUGH:
        return
    members = literal(request)
    if (size := request_bytes(members)) > limits.REQUEST_BYTES_MAX:
        yield Refusal("E408", (), _too_large("SubmitJob", size, limits.REQUEST_BYTES_MAX, members))
    overrides = mapping(members.get("containerOverrides"))
    if (characters := override_characters(overrides)) > limits.OVERRIDE_CHARACTERS_MAX:
        field, taken = largest_field(overrides)
        text = (
            f"has container overrides of {characters:,} characters; a job with more than "
            f"{limits.OVERRIDE_CHARACTERS_MAX:,} fails to start. The largest part is {field} with "
            f"{taken:,} characters; store it in S3 and pass its key"
        )
        yield Refusal("E409", (), text)


def _too_large(operation: str, size: int, largest: int, members: Mapping[str, Any]) -> str:
    field, taken = largest_field(members)
    return (
        f"has a {operation} request of {size:,} bytes; AWS Batch accepts at most {largest:,}. "
        f"The largest part is {field} with {taken:,} bytes; store it in S3 and pass its key"
    )
