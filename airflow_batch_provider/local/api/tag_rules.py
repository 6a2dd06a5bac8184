"""AWS's rules for tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from airflow_batch_provider.local.errors import ClientException

MAX_TAGS: Final = 50
RESERVED_PREFIX: Final = "aws:"
ILLEGAL: Final = re.compile(r"[^\w\s+\-=.:/@]")
"""A character that is neither a letter, a digit nor white space, nor one of ``+ - = . _ : / @``."""


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ``ClientException`` if there are too many tags, a key is reserved, or a character is illegal."""
    if len(tags) > MAX_TAGS:
        raise ClientException(f"A resource has {len(tags)} tags; the maximum is {MAX_TAGS}.")
    for key, value in tags.items():
        if key.lower().startswith(RESERVED_PREFIX):
            raise ClientException(f"Tag key {key!r} must not start with {RESERVED_PREFIX!r}.")
        for kind, text in (("TagKey", key), ("TagValue", value)):
            if ILLEGAL.search(text):
                raise ClientException(
                    f"'{text}' is not a valid value for {kind} - it contains illegal characters"
                )
