"""Start to follow a job in the triggerer, so that a task needs no worker if its job succeeds."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.triggers.base import TriggerEvent

from airflow_batch_provider import defaults
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import PublishedJob, TryToken, WaitEvent
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.stored_values import known_members
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from airflow_batch_provider.triggers.shared import shared_services
from airflow_batch_provider.triggers.unknown_keywords import UnknownKeywords

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription

# The template renders a missing XCom as `None` and a refusal as the text of a mapping; neither is a job ID.
_JOB_ID: Final = re.compile(r"[0-9a-f-]{36}(:\d+)?")
_FIRST_TRY: Final = 1
_MARGIN_SECONDS: Final = 10.0


class BatchJobStartTrigger(BatchJobTrigger):
    """
    Follow a job that another task has published, from the start of the task that follows it.

    Only a task's first try can start here. A later try has to find out which job is its own, and
    perhaps submit one; it starts in a worker, and so does a task for which no job ID was
    published. Airflow cannot terminate the job of such a task at its ``execution_timeout``;
    the trigger therefore ends the wait shortly before.

    :param adopt: a template of Airflow that renders the published job ID.
    :param published_by: a ``PublishedJob`` as a mapping: where the job ID is published.
    :param publishes_result: whether the job ID becomes the task's result.
    :param runnable_seconds: see ``WaitTerms``.
    :param allows_misconfiguration: see ``WaitTerms``.
    :param refused_seconds: see ``WaitTerms``.
    :param unknown: see ``BatchJobTrigger``.
    """

    links_at_end = BATCH_LINKS

    def __init__(
        self,
        *,
        adopt: str,
        published_by: Mapping[str, str],
        publishes_result: bool = False,
        connection: Mapping[str, Any] | None = None,
        poll_interval_seconds: float = defaults.POLL_INTERVAL_SECONDS,
        kill_reason: str | None = None,
        ends_task: bool = False,
        runnable_seconds: float | None = None,
        allows_misconfiguration: bool = False,
        refused_seconds: float | None = None,
        log_lines: int = defaults.LOG_LINES_MAX,
        failed_children_logs: int = defaults.FAILED_CHILDREN_SHOWN,
        **unknown: Any,
    ) -> None:
        super().__init__(
            job_ids=(),
            connection=connection,
            poll_interval_seconds=poll_interval_seconds,
            kill_reason=kill_reason,
            ends_task=ends_task,
            log_lines=log_lines,
            failed_children_logs=failed_children_logs,
        )
        self.adopt = adopt
        self.published_by = known_members(published_by, PublishedJob)
        self.publishes_result = publishes_result
        self.runnable_seconds = runnable_seconds
        self.allows_misconfiguration = allows_misconfiguration
        self.refused_seconds = refused_seconds
        # Not the base class's: its keywords are not all known here.
        self.unknown = UnknownKeywords.of(
            unknown, connection=(connection, AwsConnection), published_by=(published_by, PublishedJob)
        )

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments of ``__init__``."""
        path, _ = super().serialize()
        return (
            path,
            self.unknown.added_to(
                {
                    "adopt": self.adopt,
                    "published_by": self.published_by,
                    "publishes_result": self.publishes_result,
                    "connection": self.connection.to_json(),
                    "poll_interval_seconds": self.poll_interval_seconds,
                    "kill_reason": self.kill_reason,
                    "ends_task": self.ends_task,
                    "runnable_seconds": self.runnable_seconds,
                    "allows_misconfiguration": self.allows_misconfiguration,
                    "log_lines": self.log_lines,
                    "failed_children_logs": self.failed_children_logs,
                    **({"refused_seconds": self.refused_seconds} if self.refused_seconds is not None else {}),
                }
            ),
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Publish what a worker would have published, then wait like any other trigger."""
        if not await self._has_started():
            yield _must_execute()
            return
        async for event in super().run():
            if self._failed_before_start(event):
                event = _must_execute()
            yield event

    async def _has_started(self) -> bool:
        ti, job_id = self.task_instance, self.adopt
        # With render_template_as_native_obj, Airflow renders a missing XCom as None, not as a string.
        if ti is None or ti.try_number != _FIRST_TRY or not _JOB_ID.fullmatch(str(job_id)):
            return False
        self.job_ids = [job_id]
        # The triggerer does not know max_tries, so the token has no epoch.
        self.token = TryToken(ti.try_number)
        self.terms = self._terms()
        return await shared_services(self.connection).tasks.publish_start(
            ti, job_id, PublishedJob(**self.published_by), is_result=self.publishes_result
        )

    def _failed_before_start(self, event: TriggerEvent) -> bool:
        """Whether the job had failed when the task started: a worker finds out whether to submit it again."""
        if not isinstance(event.payload, Mapping) or self.terms is None:
            return False
        since = self.terms.since * 1000
        jobs = WaitEvent.from_json(event.payload).jobs
        return any(not job.has_succeeded and (job.stopped_at or since) < since for job in jobs)

    def _settling_seconds(self, jobs: Sequence[JobDescription], began_at: float) -> float:  # noqa: ARG002
        """Return 0: no worker has run this try, so that no process of it can be about to end."""
        return 0

    def _terms(self) -> WaitTerms:
        now, ends_at = time.time(), getattr(self, "timeout_after", None)
        left = None if ends_at is None else ends_at.timestamp() - now
        return WaitTerms(
            since=now,
            # End the wait before Airflow's own timeout, which fails the task without calling its code; for a
            # short timeout, not before half of it has passed.
            deadline=None if left is None else now + max(left - _MARGIN_SECONDS, left / 2),
            runnable_seconds=self.runnable_seconds,
            allows_misconfiguration=self.allows_misconfiguration,
            refused_seconds=self.refused_seconds,
        )


def _must_execute() -> TriggerEvent:
    return TriggerEvent(WaitEvent(must_execute=True).to_json())  # type: ignore[no-untyped-call]
