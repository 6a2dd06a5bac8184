"""Turns transitions into EventBridge events, and delivers them in order in a separate thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.describe_jobs import job_serializer
from airflow_batch_provider.local.api.job_descriptions import describe_job
from airflow_batch_provider.local.events.delivery import Delivery
from airflow_batch_provider.local.events.envelope import QUEUE_BLOCKED, STATE_CHANGE, event
from airflow_batch_provider.local.events.rules import Rule, Rules, Target
from airflow_batch_provider.local.events.target_input import input_for

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.lifecycle.messages import Transition
    from airflow_batch_provider.local.lifecycle.time_limits import BlockedHead
    from airflow_batch_provider.local.region import Region

log = logging.getLogger(__name__)

NOT_IN_EVENTS: Final = ("eksAttempts", "isCancelled", "isTerminated")
CLOSE_SECONDS: Final = 2.0
MAX_QUEUED_EVENTS: Final = 10_000
"""Events (about 3 kB each) that may be queued before jobs have to wait for their delivery."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A job's description at the time of a change, and the rules and targets that may match it."""

    region: Region
    detail_type: str
    detail: dict[str, Any]
    resources: Sequence[str]
    at: int
    rules: Sequence[tuple[Rule, Sequence[Target]]]


class EventPublisher:
    """
    Sends ``Batch Job State Change`` and ``Batch Job Queue Blocked`` to the targets of EventBridge rules.

    In the event loop, a change costs a lookup of the rules, and a description of the job if a rule may
    match. One thread does the rest in order. It can fall behind, so the caller must not change jobs while
    :attr:`is_behind` is true.
    """

    def __init__(self, account_id: str) -> None:
        self._delivery = Delivery(account_id)
        self._rules: dict[str, Rules] = {}
        self._changes: SimpleQueue[_Change | None] = SimpleQueue()
        self._serialize = job_serializer()
        self._thread: threading.Thread | None = None

    def on_transition(self, region: Region, transition: Transition) -> None:
        """Publish a change of a job's status, if a rule may match it."""
        self._offer(region, STATE_CHANGE, transition.job, transition.at)

    def on_blocked_head(self, region: Region, head: BlockedHead) -> None:
        """Publish that a job has started to block its queue, if a rule may match it."""
        self._offer(region, QUEUE_BLOCKED, head.job, head.since, head.job.spec.queue.arn)

    @property
    def is_behind(self) -> bool:
        """Return whether too many events are queued for delivery."""
        return self._changes.qsize() > MAX_QUEUED_EVENTS

    def close(self) -> None:
        """Deliver the remaining events, for at most two seconds."""
        if self._thread is not None:
            self._changes.put(None)
            self._thread.join(CLOSE_SECONDS)

    def _offer(self, region: Region, detail_type: str, job: Job, at: int, *resources: str) -> None:
        location = region.location
        if location.region not in self._rules:
            self._rules[location.region] = Rules(location)
        candidates = self._rules[location.region].candidates(
            detail_type, job.spec.queue.arn, job.status.value
        )
        if candidates:
            detail = describe_job(region, job)
            rules = [(rule, tuple(rule.targets)) for rule in candidates]
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
                log.exception("event delivery failed")

    def _publish(self, change: _Change) -> None:
        detail = {name: value for name, value in change.detail.items() if name not in NOT_IN_EVENTS}
        if not detail["tags"]:
            del detail["tags"]
        content = event(
            change.region.location,
            change.detail_type,
            self._serialize(detail),
            change.resources,
            change.at,
        )
        for rule, targets in change.rules:
            if rule.matches(content):
                for target in targets:
                    self._delivery.deliver(target, input_for(target, rule.name, content))
