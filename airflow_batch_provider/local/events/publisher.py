"""Turns transitions into events, and delivers them off the event loop, in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

from airflow_batch_provider.local.api.describe import describe_job
from airflow_batch_provider.local.api.described_jobs import job_serializer
from airflow_batch_provider.local.events.delivery import Delivery
from airflow_batch_provider.local.events.envelope import QUEUE_BLOCKED, STATE_CHANGE, event
from airflow_batch_provider.local.events.rules import Rule, Rules, Target
from airflow_batch_provider.local.events.target_input import input_for
from airflow_batch_provider.local.lifecycle.effects import Transition
from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.lifecycle.time_limits import BlockedHead
from airflow_batch_provider.local.region import Region

log = logging.getLogger(__name__)

NOT_IN_EVENTS: Final = ("eksAttempts", "isCancelled", "isTerminated")
CLOSE_SECONDS: Final = 2.0
MOST_WAITING: Final = 10_000
"""Events, of about 3 kB each, that may wait for their delivery before jobs have to wait for them."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A description taken at the moment of a change, and the rules and targets that may ask for it."""

    region: Region
    detail_type: str
    detail: dict[str, Any]
    resources: Sequence[str]
    at: int
    rules: Sequence[tuple[Rule, Sequence[Target]]]


class EventPublisher:
    """
    Sends ``Batch Job State Change`` and ``Batch Job Queue Blocked`` to the targets of EventBridge's rules.

    In the event loop a change costs a look at the rules, and a description of the job if one of
    them may match. The rest happens in one thread, which keeps the order. It may fall behind:
    whoever moves jobs is expected to pause while it :attr:`is_behind`.
    """

    def __init__(self, account_id: str) -> None:
        self._delivery = Delivery(account_id)
        self._rules: dict[str, Rules] = {}
        self._changes: SimpleQueue[_Change | None] = SimpleQueue()
        self._serialize = job_serializer()
        self._thread: threading.Thread | None = None

    def observe(self, region: Region, transition: Transition) -> None:
        """Publish a change of a job's status, if anybody wants to know."""
        self._offer(region, STATE_CHANGE, transition.job, transition.at)

    def observe_blocked(self, region: Region, head: BlockedHead) -> None:
        """Publish that a job has come to block its queue."""
        self._offer(region, QUEUE_BLOCKED, head.job, head.since, head.job.spec.queue.arn)

    @property
    def is_behind(self) -> bool:
        """Tell whether more events wait for their delivery than there should."""
        return self._changes.qsize() > MOST_WAITING

    def close(self) -> None:
        """Deliver what is left, for a moment."""
        if self._thread is not None:
            self._changes.put(None)
            self._thread.join(CLOSE_SECONDS)

    def _offer(self, region: Region, detail_type: str, job: Job, at: int, *resources: str) -> None:
        place = region.place
        if place.region not in self._rules:
            self._rules[place.region] = Rules(place)
        wanted = self._rules[place.region].candidates(detail_type, job.spec.queue.arn, job.status.value)
        if wanted:
            detail = describe_job(region, job)
            rules = [(rule, tuple(rule.targets)) for rule in wanted]
            self._put(_Change(region, detail_type, detail, (detail["jobArn"], *resources), at, rules))

    def _put(self, change: _Change) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="events", daemon=True)
            self._thread.start()
        self._changes.put(change)

    def _run(self) -> None:
        while (change := self._changes.get()) is not None:
            try:
                self._publish(change)
            except Exception:
                log.exception("an event was not delivered")

    def _publish(self, change: _Change) -> None:
        detail = {name: value for name, value in change.detail.items() if name not in NOT_IN_EVENTS}
        if not detail["tags"]:
            del detail["tags"]
        content = event(
            change.region.place,
            change.detail_type,
            self._serialize(detail),
            change.resources,
            change.at,
        )
        for rule, targets in change.rules:
            if rule.matches(content):
                for target in targets:
                    self._delivery.deliver(target, input_for(target, rule.name, content))
