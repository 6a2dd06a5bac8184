"""Waits for jobs and array jobs without a worker slot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_batch_provider.errors import BatchProviderError
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.triggers.killing import KilledTask
from airflow_batch_provider.triggers.shared import shared_services


class BatchJobTrigger(BaseTrigger):
    """
    Wait until jobs have ended, whatever their end.

    Its event is ``{"jobs": [description, …]}`` in the order of ``job_ids``, or
    ``{"error": text, "retryable": bool}`` where the wait itself failed.

    :param job_ids: ids of jobs, array jobs or array children, any number.
    :param connection: the four connection keywords as a mapping.
    :param poll_interval_seconds: from one round of DescribeJobs to the next.
    :param token: comes back in the event under ``token``; tells a task's tries apart.
    :param kill_reason: with it, the jobs are terminated when somebody kills the deferred task
        (Airflow 3.3 or newer tells the trigger); without it, they are none of ours.
    """

    def __init__(
        self,
        *,
        job_ids: Sequence[str],
        connection: Mapping[str, Any],
        poll_interval_seconds: float,
        token: Mapping[str, int] | None = None,
        kill_reason: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_ids = list(job_ids)
        self.connection = AwsConnection(**connection)
        self.poll_interval_seconds = poll_interval_seconds
        self.token = dict(token) if token is not None else None
        self.kill_reason = kill_reason

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Write what ``__init__`` takes."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "job_ids": self.job_ids,
                "connection": self.connection.to_json(),
                "poll_interval_seconds": self.poll_interval_seconds,
                "token": self.token,
                "kill_reason": self.kill_reason,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait with all others that use this connection; log each change of a job."""
        try:
            ended = await shared_services(self.connection).poller.wait(
                self.job_ids,
                interval_seconds=self.poll_interval_seconds,
                on_change=lambda job: self.log.info("%s", job),
            )
        except BatchProviderError as error:
            event: dict[str, Any] = {"error": str(error), "retryable": error.retryable}
        except Exception as error:
            event = {"error": f"waiting for {', '.join(self.job_ids)} failed: {error!r}", "retryable": True}
        else:
            event = {"jobs": [ended[job_id].to_json() for job_id in self.job_ids]}
        if self.token is not None:
            event["token"] = self.token
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Terminate the jobs, if somebody has really killed the task."""
        ti = self.task_instance
        if self.kill_reason is None or ti is None:
            return
        await shared_services(self.connection).killer.kill(
            KilledTask(
                dag_id=ti.dag_id,
                run_id=ti.run_id,
                task_id=ti.task_id,
                job_ids=tuple(self.job_ids),
                reason=self.kill_reason,
                map_index=ti.map_index,
            )
        )
