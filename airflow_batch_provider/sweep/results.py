"""
Publish how the jobs ended whose tasks did not run, when their run has ended.

If an array job fails, AWS Batch runs the paired children of an ``N_TO_N`` array whose counterparts have
succeeded, but Airflow does not run that array's task. The failed task publishes how far the array is at that
time. The array ends later, or the end of the run terminates it. Airflow notifies listeners of the end of
a run in the scheduler, or in the API server if a user has marked the run. Both can write XComs of any task.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.listeners import hookimpl
from airflow.sdk import TaskInstanceState

from airflow_batch_provider.sweep.database import dag_of_run, publish_xcoms, task_states
from airflow_batch_provider.sweep.gathering import start_timer
from airflow_batch_provider.sweep.jobs import JobSource, newest_jobs, sources_of
from airflow_batch_provider.task_end import has_run, unfollowed_xcoms

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.hooks.batch import BatchHook

log = logging.getLogger(__name__)

SETTLING_SECONDS: Final = 5.0
"""How long after the end of a run its jobs are read; the listener runs before Airflow stores the end."""

POLL_SECONDS: Final = 10.0
ENDING_SECONDS: Final = 180.0
"""How long to wait for terminated jobs; a container has 30 to 120 seconds to stop."""

_NOT_RUN: Final = frozenset({TaskInstanceState.UPSTREAM_FAILED, TaskInstanceState.SKIPPED})

_workers: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="batch-provider-results")
"""Makes the calls to AWS, so that the scheduler does not wait for them."""


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    """Publish the jobs of tasks that did not run."""
    _publish_later(dag_run)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    """Do the same for a run that succeeds, for example because its last task runs after a failure too."""
    _publish_later(dag_run)


def _publish_later(dag_run: Any) -> None:
    from airflow_batch_provider.hooks.settings import publishes_unfollowed_jobs

    if publishes_unfollowed_jobs():
        publish = partial(_try_to_publish, dag_run.dag_id, dag_run.run_id)
        start_timer(SETTLING_SECONDS, partial(_workers.submit, publish))


def _try_to_publish(dag_id: str, run_id: str) -> None:
    try:
        publish_unfollowed_jobs(dag_id, run_id)
    except Exception:  # must not stop the scheduler
        log.warning(
            "Could not publish the AWS Batch jobs of tasks of run '%s' that did not run. The scheduler and "
            "the API server need access to AWS Batch for this; set [batch_provider] publish_unfollowed to "
            "False to turn it off",
            run_id,
            exc_info=True,
        )


def publish_unfollowed_jobs(dag_id: str, run_id: str) -> None:
    """Publish the job ID, links and array result of each job that has run although its task did not."""
    not_run = {each for each, state in task_states(dag_id, run_id).items() if state in _NOT_RUN}
    if not not_run:
        return
    tasks = [task for task in dag_of_run(dag_id, run_id).tasks if (task.task_id, -1) in not_run]
    for source in sources_of(tasks):
        _publish_source(source, dag_id, run_id)


def _publish_source(source: JobSource, dag_id: str, run_id: str) -> None:
    from airflow_batch_provider.hooks.batch import BatchHook

    hook = BatchHook.of(source.connection)
    job_ids = newest_jobs(source, hook.batch, dag_id, run_id)
    for task_id, job in _ended(hook, job_ids).items():
        if task_states(dag_id, run_id).get((task_id, -1)) in _NOT_RUN and has_run(hook.batch, job):
            publish_xcoms(dag_id, run_id, task_id, unfollowed_xcoms(hook, job, task_id))


def _ended(hook: BatchHook, job_ids: Mapping[str, str]) -> dict[str, JobDescription]:
    """Return the jobs by task ID, once all of them have ended or ``ENDING_SECONDS`` have passed."""
    until = time.monotonic() + ENDING_SECONDS
    while True:
        described = hook.batch.describe(list(job_ids.values()))
        is_over = all(job.status.is_final for job in described.values())
        if is_over or time.monotonic() >= until:
            return {task_id: described[job_id] for task_id, job_id in job_ids.items() if job_id in described}
        time.sleep(POLL_SECONDS)
