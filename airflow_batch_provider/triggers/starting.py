"""Starts to follow a job in the triggerer, so that its task needs no worker at all where all goes well."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from airflow.triggers.base import TriggerEvent

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from airflow_batch_provider.triggers.ending import TO_EXECUTE, Publication
from airflow_batch_provider.triggers.shared import shared_services

_JOB_ID: Final = re.compile(r"[0-9a-f-]{36}(:\d+)?")
_FIRST_TRY: Final = 1
_MARGIN_SECONDS: Final = 10.0


class BatchJobStartTrigger(BatchJobTrigger):
    """
    Follow a job that another task has published, from the start of the task that follows it.

    Only a task's first try can begin here: later ones have to find out which job is theirs, and
    perhaps to submit one; they are sent to a worker, and so is a task for which no job id was
    published. Airflow has no way to end such a task at its ``execution_timeout`` that terminates
    the job; the wait is given up shortly before.

    :param adopt: a template of Airflow that renders the published job id.
    :param published_by: id of the task that publishes it, and under which key.
    :param publishes_result: whether the job id becomes the task's result.
    :param runnable_seconds: see ``WaitTerms``.
    :param allows_misconfiguration: see ``WaitTerms``.
    """

    links_at_end = BATCH_LINKS

    def __init__(
        self,
        *,
        adopt: str,
        published_by: Mapping[str, str],
        publishes_result: bool,
        connection: Mapping[str, Any],
        poll_interval_seconds: float,
        kill_reason: str,
        ends_task: bool,
        runnable_seconds: float | None = None,
        allows_misconfiguration: bool = False,
        log_lines: int = defaults.LOG_LINES_MAX,
    ) -> None:
        super().__init__(
            job_ids=(),
            connection=connection,
            poll_interval_seconds=poll_interval_seconds,
            kill_reason=kill_reason,
            ends_task=ends_task,
            log_lines=log_lines,
        )
        self.adopt = adopt
        self.published_by = dict(published_by)
        self.publishes_result = publishes_result
        self.runnable_seconds = runnable_seconds
        self.allows_misconfiguration = allows_misconfiguration

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Write what ``__init__`` takes."""
        path, _ = super().serialize()
        return (
            path,
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
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Publish what a worker would have published, then wait like any other trigger."""
        if not await self._has_begun():
            yield TriggerEvent({TO_EXECUTE: True})  # type: ignore[no-untyped-call]
            return
        async for event in super().run():
            yield event

    async def _has_begun(self) -> bool:
        ti, job_id = self.task_instance, self.adopt
        if ti is None or ti.try_number != _FIRST_TRY or not _JOB_ID.fullmatch(job_id):
            return False
        self.job_ids = [job_id]
        self.token = {"try_number": ti.try_number}
        self.terms = self._terms()
        publication = Publication(
            self.published_by["task_id"], self.published_by["key"], self.publishes_result
        )
        return await shared_services(self.connection).ending.begin(ti, job_id, publication)

    def _settling_seconds(self, jobs: Sequence[JobDescription]) -> float:  # noqa: ARG002
        """There was no worker whose process may not have ended yet."""
        return 0

    def _terms(self) -> WaitTerms:
        now, ends_at = time.time(), getattr(self, "timeout_after", None)
        left = None if ends_at is None else ends_at.timestamp() - now
        return WaitTerms(
            since=now,
            deadline=None if left is None else now + max(left - _MARGIN_SECONDS, left / 2),
            runnable_seconds=self.runnable_seconds,
            allows_misconfiguration=self.allows_misconfiguration,
        )
