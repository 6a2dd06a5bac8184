"""A cache of derived values that are valid for one version of their source."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class VersionedCache(Generic[Key, Value]):
    """
    A cache of the most recently used values.

    :param max_size: how many values the cache holds.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._entries: OrderedDict[Key, tuple[object, Value]] = OrderedDict()

    def get(self, key: Key, version: object, make: Callable[[], Value]) -> Value:
        """
        Return the cached value if it was made for this version, or make it.

        :param version: the state that the value depends on; equal versions give equal values.
        """
        entry = self._entries.get(key)
        if entry is not None and entry[0] == version:
            self._entries.move_to_end(key)
            return entry[1]
        value = make()
        self._entries[key] = version, value
        self._entries.move_to_end(key)
        if len(self._entries) > self._max_size:
            self._entries.popitem(last=False)
        return value
