"""What a trigger does for a task that it ends by itself, without another worker."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.links.batch import BatchJobLink
from airflow_batch_provider.triggers.threads import run_in_thread

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.hooks.batch import BatchHook

log = logging.getLogger(__name__)

RETURN_VALUE_XCOM: Final = "return_value"

TO_EXECUTE: Final = "to_execute"
"""In an event: the task has to begin in a worker, as it would have without its trigger."""

JOB_ID_XCOM: Final = "job_id"
"""Under this key a job's task publishes the id that it follows, before it waits."""

ARRAY_XCOM: Final = "array"
"""Under this key the task of an array job publishes how its children ended."""


@dataclass(frozen=True, slots=True)
class Publication:
    """
    Where a task's job id comes from and goes to.

    :param task_id: the task that has published it.
    :param key: the XCom's key.
    :param is_result: whether it becomes the result of the task that follows the job.
    """

    task_id: str
    key: str
    is_result: bool


def followed_key(key: str) -> str:
    """
    Name the XCom that says which published job was followed by a task that began in the triggerer.

    The state that Airflow keeps for a task can be written by workers only; and a task's own XComs
    go when it is cleared. So it stands with the task that published the job id.
    """
    return f"followed.{key}"


class TaskEnding:
    """
    Reads what a finished job has printed, and tells whether its task still follows it.

    :param hook: gives the hook of the connection; called in a thread, it may block.
    """

    def __init__(self, hook: Callable[[], BatchHook]) -> None:
        self._hook = hook

    async def follows(self, ti: Any, job_id: str) -> bool:
        """
        Ask whether the task's present try waits for this job.

        A trigger can outlive its task's try: SQLite gives the number of a deleted trigger to the
        next one, which Airflow then takes for running already.
        """
        from airflow.sdk.execution_time.xcom import XCom

        try:
            published = await run_in_thread(partial(XCom.get_one, key=JOB_ID_XCOM, **_coordinates(ti)))
        except Exception:
            log.exception("Whether task '%s' follows job %s is not known", ti.task_id, job_id)
            return False
        return bool(published == job_id)

    async def begin(self, ti: Any, job_id: str, publication: Publication) -> bool:
        """
        Publish that a task follows a job, where no worker has done so.

        :return: whether that worked; the task must not wait for a job that nobody knows to be its own.
        """
        from airflow.sdk.execution_time.xcom import XCom

        mine, publisher = _coordinates(ti), {**_coordinates(ti), "task_id": publication.task_id}
        try:
            await run_in_thread(
                partial(XCom.set, key=followed_key(publication.key), value=job_id, **publisher)
            )
            await run_in_thread(partial(XCom.set, key=JOB_ID_XCOM, value=job_id, **mine))
            if publication.is_result:
                await run_in_thread(partial(XCom.set, key=RETURN_VALUE_XCOM, value=job_id, **mine))
            await self._publish_link(ti, job_id)
        except Exception:
            log.exception("Task '%s' cannot begin in the triggerer and goes to a worker", ti.task_id)
            return False
        return True

    async def _publish_link(self, ti: Any, job_id: str) -> None:
        from airflow.sdk.execution_time.xcom import XCom

        hook = await run_in_thread(self._hook)
        region, partition = await run_in_thread(lambda: (hook.conn_region_name, hook.conn_partition))
        link = BatchJobLink()
        url = link.url(ConsoleReference(region, partition, job_id))
        await run_in_thread(partial(XCom.set, key=link.xcom_key, value=url, **_coordinates(ti)))

    async def report(
        self, ti: Any, job: JobDescription, log_lines: int, links: Sequence[Any]
    ) -> Sequence[str]:
        """Read the logs of a job that has succeeded; publish how its children ended, and some links."""
        report = await run_in_thread(lambda: self._hook().report(job, ti.task_id, log_lines_max=log_lines))
        await self._publish(ti, job, {ARRAY_XCOM: report.array.to_json()} if report.array else {}, links)
        return list(report.lines())

    async def last_words(
        self, ti: Any, job_id: str, log_lines: int, links: Sequence[Any]
    ) -> AsyncIterator[str]:
        """Give what a job that was terminated has printed, and publish some links."""
        try:
            job = await run_in_thread(lambda: self._hook().batch.describe([job_id]).get(job_id))
            if job is None:
                return
            report = await run_in_thread(
                lambda: self._hook().report(job, ti.task_id, log_lines_max=log_lines)
            )
        except Exception:  # must not look as if the job had not been terminated
            log.exception("What job %s has printed cannot be read", job_id)
            return
        for line in report.lines():
            yield line
        await self._publish(ti, job, {}, links)

    async def _publish(
        self, ti: Any, job: JobDescription, values: Mapping[str, Any], links: Sequence[Any]
    ) -> None:
        from airflow.sdk.execution_time.xcom import XCom

        try:
            reference = await run_in_thread(lambda: self._hook().console_reference(job))
            urls = {link.xcom_key: link.url(reference) for link in links}
            for key, value in {**values, **urls}.items():
                if value:
                    await run_in_thread(partial(XCom.set, key=key, value=value, **_coordinates(ti)))
        except Exception:  # must not hide that the job has succeeded
            log.exception("The result and the links of task '%s' cannot be stored", ti.task_id)


def _coordinates(ti: Any) -> dict[str, Any]:
    map_index = ti.map_index if ti.map_index is not None else -1
    return {"dag_id": ti.dag_id, "task_id": ti.task_id, "run_id": ti.run_id, "map_index": map_index}
