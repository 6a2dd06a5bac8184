"""Pages and their opaque tokens."""

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


def check_count(named: Sized, what: str) -> None:
    """Raise ``ClientException`` if a request names more resources than AWS describes at once."""
    if len(named) > MAX_NAMED:
        raise ClientException(f"The request names {len(named)} {what}; the maximum is {MAX_NAMED}.")


def encode_token(position: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_token(token: str | None, *kinds: type) -> list[Any] | None:
    """
    Return the position that a token encodes.

    :param kinds: the types of the position's parts.
    :raises ClientException: if the token is malformed, or belongs to another kind of listing.
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


def page_size(params: Any, max_size: int) -> int:
    """Return the number of results per page: ``maxResults``, limited to AWS's maximum."""
    requested: int = params.get("maxResults", max_size)
    if requested < 1:
        raise ClientException(f"maxResults is {requested}; it must be at least 1.")
    return min(requested, max_size)


def take_page(items: Iterable[T], size: int) -> tuple[list[T], bool]:
    """Return the next page, and whether there is another one."""
    # One more than the page holds shows whether there is a next page, without counting the rest.
    page = list(islice(items, size + 1))
    return page[:size], len(page) > size


def page_by_offset(items: Iterable[T], params: Any, max_size: int = 100) -> tuple[list[T], str | None]:
    """Return a page and the token of the next one. The token is an offset, so lists should be short."""
    position = decode_token(params.get("nextToken"), int)
    start = max(0, position[0]) if position else 0
    page, has_more = take_page(islice(items, start, None), page_size(params, max_size))
    return page, encode_token([start + len(page)]) if has_more else None
