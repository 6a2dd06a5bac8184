"""The consequences that have not been drawn yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from airflow_batch_provider.local.lifecycle.jobs import Job


@dataclass(slots=True)
class Backlog:
    """
    Jobs that wait to be looked at.

    :param submitted: have to be evaluated.
    :param newborn: children of array jobs, each array's in turn, that have to be admitted.
    :param finished: whoever waits for them has to be told.
    """

    submitted: deque[Job] = field(default_factory=deque)
    newborn: deque[Iterator[Job]] = field(default_factory=deque)
    finished: deque[Job] = field(default_factory=deque)

    @property
    def has_more(self) -> bool:
        return bool(self.submitted or self.newborn or self.finished)
