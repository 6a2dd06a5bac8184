"""Scheduling policies: how the shares of a queue divide its capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_WEIGHT: Final = 1.0
LEAST_WINDOW_SECONDS: Final = 600
"""What a ``shareDecaySeconds`` of zero stands for."""


@dataclass(slots=True, eq=False)
class SchedulingPolicy:
    """
    A fair share policy; queues that refer to it follow its updates.

    :param decay_seconds: how long past usage counts.
    :param reservation_percent: what to keep free for shares that are not active yet.
    :param weights: by share identifier, or by its beginning followed by ``*``; more weight means less
        capacity.
    """

    name: str
    arn: str
    decay_seconds: int = 0
    reservation_percent: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def window_ms(self) -> int:
        return (self.decay_seconds or LEAST_WINDOW_SECONDS) * 1000

    def weight_of(self, share_identifier: str) -> float:
        """Return the weight of a share. Entries never overlap, so that at most one fits."""
        exact = self.weights.get(share_identifier)
        if exact is not None:
            return exact
        for pattern, weight in self.weights.items():
            if pattern.endswith("*") and share_identifier.startswith(pattern[:-1]):
                return weight
        return DEFAULT_WEIGHT

    def usable(self, millicpus: int, active_shares: int) -> float:
        """Return how much of a capacity the active shares may hold together."""
        return millicpus * (1 - (self.reservation_percent / 100) ** active_shares)
