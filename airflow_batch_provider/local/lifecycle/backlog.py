"""The consequences that have not been drawn yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from airflow_batch_provider.local.lifecycle.jobs import Job


@dataclass(slots=True)
class PendingChildren:
    """
    Children of an array job that are being born.

    :param at: their moment of creation, in milliseconds since the epoch.
    """

    array: Job
    at: int
    children: list[Job] = field(default_factory=list)


@dataclass(slots=True)
class Backlog:
    """
    Jobs that wait to be looked at.

    :param submitted: have to be evaluated.
    :param broods: have to be born.
    :param unadmitted: children of array jobs, each array's in turn, that have to be admitted.
    :param finished: whoever waits for them has to be told.
    """

    submitted: deque[Job] = field(default_factory=deque)
    broods: deque[PendingChildren] = field(default_factory=deque)
    unadmitted: deque[Iterator[Job]] = field(default_factory=deque)
    finished: deque[Job] = field(default_factory=deque)

    @property
    def has_more(self) -> bool:
        return bool(self.submitted or self.broods or self.unadmitted or self.finished)
