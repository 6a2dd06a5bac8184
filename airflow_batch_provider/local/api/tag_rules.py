"""AWS's rules for tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from airflow_batch_provider.local.errors import ClientException

MAX_TAGS: Final = 50
RESERVED_PREFIX: Final = "aws:"


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ``ClientException`` if there are too many tags or a key is reserved."""
    if len(tags) > MAX_TAGS:
        raise ClientException(f"A resource has {len(tags)} tags; the maximum is {MAX_TAGS}.")
    for key in tags:
        if key.lower().startswith(RESERVED_PREFIX):
            raise ClientException(f"Tag key {key!r} must not start with {RESERVED_PREFIX!r}.")
