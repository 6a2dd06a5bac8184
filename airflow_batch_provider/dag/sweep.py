"""Leaves no job of a run behind: what is still live when the run has ended is terminated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks.sweeping import queues_of, sweep
from airflow_batch_provider.operators.job import BatchJobOperator

if TYPE_CHECKING:
    from airflow.sdk import DAG, Context

    from airflow_batch_provider.hooks.connection import AwsConnection

_REASON = "The run of this job's workflow has ended in Airflow"

_TIMED_OUT: Final = "timed_out"

HEARTBEAT_SECONDS: Final = 15.0
"""How long after ``dagrun_timeout`` a worker may go on before it learns that its task is over."""


@dataclass(frozen=True, slots=True)
class RunSweep:
    """
    A callback for the end of a DAG's run, whichever end.

    A run can end while jobs of it live that no task follows: another branch has failed, a
    deferred task was marked before a triggerer had its trigger, ``dagrun_timeout`` has passed.
    Airflow runs no task of such a run any more, but it does call this, in the DAG processor. A
    run that somebody marks ends without it: there the provider's plugin does the same.

    :param job_queues: where the jobs of the DAG are; names or ARNs.
    """

    connection: AwsConnection
    job_queues: tuple[str, ...]

    def __call__(self, context: Context) -> None:
        """Terminate the live jobs of the run that were submitted before it ended."""
        dag_id, run_id, ended = _run_of(context)
        prefix = JobIdentity(dag_id, run_id, "").run_prefix
        sweep(self.connection, self.job_queues, prefix, until=ended.timestamp(), reason=_REASON)
        if context.get("reason") == _TIMED_OUT:
            # Airflow ends such a run over the heads of its workers; one of them may be submitting.
            time.sleep(HEARTBEAT_SECONDS)
            until = ended.timestamp() + HEARTBEAT_SECONDS
            sweep(self.connection, self.job_queues, prefix, until=until, reason=_REASON)


def sweep_at_end(dag: DAG) -> None:
    """
    Let a DAG sweep up at every end of a run, before its own callbacks: theirs may fail.

    May be called again when tasks have been added.
    """
    sweeps = _sweeps_of(dag)
    dag.on_failure_callback = _with_sweeps(dag.on_failure_callback, sweeps)
    dag.on_success_callback = _with_sweeps(dag.on_success_callback, sweeps)
    dag.has_on_failure_callback = dag.has_on_success_callback = True


def _sweeps_of(dag: DAG) -> list[RunSweep]:
    """Make a sweep for each connection of a DAG's jobs."""
    swept: list[tuple[AwsConnection, dict[str, None]]] = []
    for task in dag.tasks:
        if isinstance(task, BatchJobOperator) and task.job_queue:
            queues = next((known for connection, known in swept if connection == task.connection), None)
            if queues is None:
                swept.append((task.connection, queues := {}))
            queues.update(dict.fromkeys(queues_of(task.job_queue, task.backfill)))
    return [RunSweep(connection, tuple(queues)) for connection, queues in swept]


def _with_sweeps(callbacks: Any, sweeps: Sequence[RunSweep]) -> list[Any]:
    given: Sequence[Any] = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    own = [callback for callback in given if callback is not None and not isinstance(callback, RunSweep)]
    return [*sweeps, *own]


def _run_of(context: Any) -> tuple[str, str, datetime]:
    """Read the run; a run that was cleared meanwhile has no end, and its new jobs are none of ours."""
    from airflow.sdk import timezone

    run = context.get("dag_run")
    ended = getattr(run, "end_date", None) or timezone.utcnow()
    return context["dag"].dag_id, context["run_id"], ended
