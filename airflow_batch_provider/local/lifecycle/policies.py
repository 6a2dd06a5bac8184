"""
Scheduling policies: how the shares of a queue divide its capacity.

See https://docs.aws.amazon.com/batch/latest/userguide/scheduling-policies.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_WEIGHT: Final = 1.0
MIN_WINDOW_SECONDS: Final = 600
"""The decay time for a ``shareDecaySeconds`` of 0."""


@dataclass(slots=True, eq=False)
class SchedulingPolicy:
    """
    A fair-share policy. Updates apply to all queues that use it.

    :param decay_seconds: how long past usage counts.
    :param reservation_percent: ``computeReservation``, for shares that are not active yet.
    :param weights: weight factors by share identifier, or by prefix followed by ``*``. A share with a lower
        weight gets more capacity.
    """

    name: str
    arn: str
    decay_seconds: int = 0
    reservation_percent: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def window_ms(self) -> int:
        return (self.decay_seconds or MIN_WINDOW_SECONDS) * 1000

    def weight_of(self, share_identifier: str) -> float:
        """Return the weight factor of a share. Entries never overlap, so at most one applies."""
        exact = self.weights.get(share_identifier)
        if exact is not None:
            return exact
        for pattern, weight in self.weights.items():
            if pattern.endswith("*") and share_identifier.startswith(pattern[:-1]):
                return weight
        return DEFAULT_WEIGHT

    def usable(self, millicpus: int, active_shares: int) -> float:
        """
        Return how much of a capacity the active shares may use together.

        AWS reserves ``(computeReservation / 100) ** active_shares`` of it for inactive shares:
        https://docs.aws.amazon.com/batch/latest/APIReference/API_FairsharePolicy.html
        """
        return millicpus * (1 - (self.reservation_percent / 100) ** active_shares)
