"""Idempotency of updates with a ``clientToken``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

VALID_MS: Final = 8 * 3600 * 1000


class ClientTokens:
    """Remembers updates for eight hours, as AWS does."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, int] = {}

    def is_new(self, update: Hashable, now: int) -> bool:
        """Return whether an update with its token is new, and remember it."""
        while self._seen and now - next(iter(self._seen.values())) > VALID_MS:
            del self._seen[next(iter(self._seen))]
        if update in self._seen:
            return False
        self._seen[update] = now
        return True
