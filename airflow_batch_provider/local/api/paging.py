"""Opaque page tokens."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sized
from itertools import islice
from typing import Any, Final, TypeVar

from airflow_batch_provider.local.errors import ClientException

T = TypeVar("T")
MAX_NAMED: Final = 100


def check_number(named: Sized, what: str) -> None:
    """:raises ClientException: if more is asked for by name than one answer holds."""
    if len(named) > MAX_NAMED:
        raise ClientException(f"{len(named)} {what} given; the most is {MAX_NAMED}.")


def encode_token(position: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_token(token: str | None, *kinds: type) -> list[Any] | None:
    """
    Return the position in a token of ours.

    :raises ClientException: if it is none, or none of this kind of listing.
    """
    if token is None:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error) as error:
        raise ClientException("nextToken is invalid.") from error
    matches = isinstance(position, list) and [type(part) for part in position] == list(kinds)
    if not matches:
        raise ClientException("nextToken is invalid.")
    return list(position)


def page_size(params: Any, most: int) -> int:
    """Return how many results a page holds: what was asked for, at most what AWS gives."""
    asked: int = params.get("maxResults", most)
    if asked < 1:
        raise ClientException(f"maxResults is {asked}; it must be at least 1.")
    return min(asked, most)


def take_page(items: Iterable[T], size: int) -> tuple[list[T], bool]:
    """Return a page of what is left, and whether more would follow."""
    page = list(islice(items, size + 1))
    return page[:size], len(page) > size


def page_by_offset(items: Iterable[T], params: Any, most: int = 100) -> tuple[list[T], str | None]:
    """Return a page of a listing that is short enough to count through, and the next page's token."""
    position = decode_token(params.get("nextToken"), int)
    start = max(0, position[0]) if position else 0
    page, has_more = take_page(islice(items, start, None), page_size(params, most))
    return page, encode_token([start + len(page)]) if has_more else None
