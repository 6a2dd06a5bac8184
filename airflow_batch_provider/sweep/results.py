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
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.listeners import hookimpl
from airflow.sdk import TaskInstanceState

from airflow_batch_provider.sweep.database import publish_xcoms, task_states, tasks_of_run
from airflow_batch_provider.sweep.gathering import start_timer
from airflow_batch_provider.sweep.jobs import newest_jobs, sources_of
from airflow_batch_provider.task_end import has_run, unfollowed_xcoms

if TYPE_CHECKING:
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
        run = EndedRun(dag_run.dag_id, dag_run.run_id)
        _call_later(SETTLING_SECONDS, run.find_jobs, run.run_id)


def _call_later(seconds: float, call: Callable[[], None], run_id: str) -> None:
    """Call a function in a worker thread; a thread that waited would delay other runs and a shutdown."""

    def safely() -> None:
        try:
            call()
        except Exception:  # must not stop the scheduler
            log.warning(
                "Could not publish the AWS Batch jobs of tasks of run '%s' that did not run. The scheduler "
                "and the API server need access to AWS Batch for this; set [batch_provider] "
                "publish_unfollowed to False to turn it off",
                run_id,
                exc_info=True,
            )

    start_timer(seconds, partial(_workers.submit, safely))


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended."""

    dag_id: str
    run_id: str

    def find_jobs(self) -> None:
        """Find the jobs of the tasks that did not run, and publish them when they have ended."""
        from airflow_batch_provider.hooks.batch import BatchHook

        not_run = self._not_run()
        if not not_run:
            return
        tasks = [task for task in tasks_of_run(self.dag_id, self.run_id) if task.task_id in not_run]
        for source in sources_of(tasks):
            hook = BatchHook.of(source.connection)
            job_ids = newest_jobs(source, hook.batch, self.dag_id, self.run_id)
            self._publish_ended(hook, job_ids, time.monotonic() + ENDING_SECONDS)

    def _publish_ended(self, hook: BatchHook, job_ids: Mapping[str, str], until: float) -> None:
        """Publish the jobs if all have ended, or if it is too late to wait; otherwise look again later."""
        described = hook.batch.describe(list(job_ids.values()))
        if any(not job.status.is_final for job in described.values()) and time.monotonic() < until:
            again = partial(self._publish_ended, hook, job_ids, until)
            _call_later(POLL_SECONDS, again, self.run_id)
            return
        found = {task_id: described[job_id] for task_id, job_id in job_ids.items() if job_id in described}
        values = {
            task_id: unfollowed_xcoms(hook, job, task_id)
            for task_id, job in found.items()
            if has_run(hook.batch, job)
        }
        # After the calls to AWS: a task that a user has cleared meanwhile has XComs of its own.
        not_run = self._not_run()
        for task_id, xcoms in values.items():
            if task_id in not_run:
                publish_xcoms(self.dag_id, self.run_id, task_id, xcoms)

    def _not_run(self) -> set[str]:
        states = task_states(self.dag_id, self.run_id)
        return {task_id for (task_id, index), state in states.items() if index == -1 and state in _NOT_RUN}
