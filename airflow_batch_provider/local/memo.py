"""Values that are kept until what they were made of has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memo(Generic[Key, Value]):
    """
    The values that were asked for last.

    :param most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, tuple[object, Value]] = OrderedDict()

    def get(self, key: Key, version: object, make: Callable[[], Value]) -> Value:
        """
        Return the value that was made for this version, or make it.

        :param version: equal to an earlier one as long as the value would be.
        """
        kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            self._kept.move_to_end(key)
            return kept[1]
        value = make()
        self._kept[key] = version, value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
