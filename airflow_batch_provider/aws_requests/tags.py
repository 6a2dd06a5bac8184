"""E406, E411, E420: AWS's limits on tags, https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import is_template, literal_text, mapping

_ALLOWED: Final = "letters, digits, spaces and + - = . _ : / @"


def refusals_of_tags(tags: Any, path: RequestPath = ("tags",)) -> Iterator[Refusal]:
    """Yield what is wrong with the tags of a job, a job definition or another resource."""
    members = mapping(tags)
    if len(members) > limits.TAGS_MAX:
        text = f"has {len(members)} tags; AWS Batch accepts at most {limits.TAGS_MAX}"
        yield Refusal("E406", path, text)
    for key, value in members.items():
        yield from _refusals_of_key(str(key), (*path, key))
        if isinstance(value, str):
            yield from _refusals_of_value(str(key), value, (*path, key))


def _refusals_of_key(key: str, path: RequestPath) -> Iterator[Refusal]:
    if key.lower().startswith(limits.RESERVED_TAG_PREFIX):
        problem = f"AWS reserves keys that start with '{limits.RESERVED_TAG_PREFIX}'"
        yield Refusal("E411", path, f"has the tag key '{key}'; {problem}", at_key=True)
    elif not 1 <= len(key) <= limits.TAG_KEY_LENGTH_MAX:
        problem = f"a key must have 1 to {limits.TAG_KEY_LENGTH_MAX} characters, not {len(key)}"
        yield Refusal("E411", path, f"has the tag key '{key}'; {problem}", at_key=True)
    if wrong := limits.ILLEGAL_IN_TAGS.search(key):
        text = f"has the tag key '{key}' with {wrong[0]!r}; AWS accepts only {_ALLOWED}"
        yield Refusal("E420", path, text, at_key=True)


def _refusals_of_value(key: str, value: str, path: RequestPath) -> Iterator[Refusal]:
    if not is_template(value) and len(value) > limits.TAG_VALUE_LENGTH_MAX:
        text = (
            f"has the tag '{key}' with a value of {len(value)} characters; "
            f"AWS accepts at most {limits.TAG_VALUE_LENGTH_MAX}"
        )
        yield Refusal("E411", path, text)
    if wrong := limits.ILLEGAL_IN_TAGS.search(literal_text(value)):
        text = f"has the tag '{key}' whose value contains {wrong[0]!r}; AWS accepts only {_ALLOWED}"
        yield Refusal("E420", path, text)
