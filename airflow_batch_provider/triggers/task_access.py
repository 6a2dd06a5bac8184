"""What the triggerer reads and writes for a task, in place of a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.handover import (
    JOB_ID_XCOM,
    RETURN_VALUE_XCOM,
    PublishedJob,
    followed_key,
    map_index_of,
)
from airflow_batch_provider.links.batch import BatchJobLink
from airflow_batch_provider.task_end import TaskEnd, task_end
from airflow_batch_provider.triggers.threads import run_in_thread

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.hooks.batch import BatchHook

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShownEnd:
    """
    What a task shows of its job's end.

    :param log_lines: the number of last lines of each attempt's log.
    :param children: the number of failed children of an array job whose logs are shown.
    :param links: the operator links to publish.
    """

    log_lines: int = defaults.LOG_LINES_MAX
    children: int = defaults.FAILED_CHILDREN_SHOWN
    links: Sequence[Any] = ()


class TaskAccess:
    """
    Reads and writes XComs of tasks, and reads the logs of their jobs.

    :param hook: returns the hook of the connection; called in a thread, it may block.
    """

    def __init__(self, hook: Callable[[], BatchHook]) -> None:
        self._hook = hook

    async def follows(self, ti: Any, job_id: str) -> bool:
        """
        Ask whether the task's current try waits for this job.

        A trigger can outlive its task's try: SQLite reuses the ID of a deleted trigger,
        and Airflow then considers the new trigger to be running already.
        """
        from airflow.sdk.execution_time.xcom import XCom

        try:
            published = await run_in_thread(partial(XCom.get_one, key=JOB_ID_XCOM, **_coordinates(ti)))
        except Exception:
            log.exception("Could not determine whether task '%s' follows job %s", ti.task_id, job_id)
            return False
        return bool(published == job_id)

    async def publish_start(self, ti: Any, job_id: str, published: PublishedJob, *, is_result: bool) -> bool:
        """
        Publish that a task follows a job, where no worker has done so.

        :param published: the XCom from which the job ID comes.
        :param is_result: whether the job ID becomes the task's result.
        :returns: whether that worked; the task must not wait for a job that is not known to be its own.
        """
        mine, publisher = _coordinates(ti), {**_coordinates(ti), "task_id": published.task_id}
        try:
            await _set_xcom(publisher, followed_key(published.key), job_id)
            await _set_xcom(mine, JOB_ID_XCOM, job_id)
            if is_result:
                await _set_xcom(mine, RETURN_VALUE_XCOM, job_id)
            await self._publish_job_link(mine, job_id)
        except Exception:
            log.exception("Could not start task '%s' in the triggerer; it will start in a worker", ti.task_id)
            return False
        return True

    async def read_end(self, ti: Any, job: JobDescription, shown: ShownEnd) -> TaskEnd:
        """Read the logs of a job that has ended; return what its task shows and publishes."""

        def read() -> TaskEnd:
            hook = self._hook()
            report = hook.report(
                job, ti.task_id, log_lines_max=shown.log_lines, children_shown=shown.children
            )
            return task_end(report, hook.console_reference(job), shown.links)

        return await run_in_thread(read)

    async def read_terminated(self, ti: Any, job_id: str, shown: ShownEnd) -> TaskEnd | None:
        """Do the same for a job that has just been terminated; return None if that fails."""
        try:
            job = await run_in_thread(lambda: self._hook().batch.describe([job_id]).get(job_id))
            return await self.read_end(ti, job, shown) if job is not None else None
        except Exception:  # must not suggest that the job was not terminated
            log.exception("Could not show the log of job %s", job_id)
            return None

    async def publish(self, ti: Any, end: TaskEnd) -> None:
        """Publish the XComs of a task's end."""
        try:
            for key, value in end.xcoms.items():
                await _set_xcom(_coordinates(ti), key, value)
        except Exception:  # must not hide how the job ended
            log.exception("Could not publish the result and links of task '%s'", ti.task_id)

    async def _publish_job_link(self, task: Mapping[str, Any], job_id: str) -> None:
        hook = await run_in_thread(self._hook)
        region, partition = await run_in_thread(lambda: (hook.conn_region_name, hook.conn_partition))
        link = BatchJobLink()
        await _set_xcom(task, link.xcom_key, link.url(ConsoleReference(region, partition, job_id)))


async def _set_xcom(task: Mapping[str, Any], key: str, value: Any) -> None:
    from airflow.sdk.execution_time.xcom import XCom

    await run_in_thread(partial(XCom.set, key=key, value=value, **task))


def _coordinates(ti: Any) -> dict[str, Any]:
    return {
        "dag_id": ti.dag_id,
        "task_id": ti.task_id,
        "run_id": ti.run_id,
        "map_index": map_index_of(ti),
    }
