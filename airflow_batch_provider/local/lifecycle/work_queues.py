"""The jobs that the next steps of the lifecycle have to process."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Job


@dataclass(slots=True)
class PendingChildren:
    """
    An array job whose children are being created.

    :param created_at: ``createdAt`` of the children, in milliseconds since the epoch.
    :param children: the children created so far.
    """

    array: Job
    created_at: int
    children: list[Job] = field(default_factory=list)


@dataclass(slots=True)
class WorkQueues:
    """
    Jobs to process, by kind of work.

    :param submitted: jobs whose dependencies are not registered yet.
    :param pending_children: array jobs whose children are not all created yet.
    :param unadmitted: for each array job, the children whose dependencies are not counted yet.
    :param finished: jobs that have ended and whose dependents do not know it yet.
    """

    submitted: deque[Job] = field(default_factory=deque)
    pending_children: deque[PendingChildren] = field(default_factory=deque)
    unadmitted: deque[Iterator[Job]] = field(default_factory=deque)
    finished: deque[Job] = field(default_factory=deque)

    @property
    def has_more(self) -> bool:
        return bool(self.submitted or self.pending_children or self.unadmitted or self.finished)
