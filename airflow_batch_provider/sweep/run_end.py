"""Terminate the jobs of a run that are still live when the run has ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.following.terminations import RUN_ENDED
from airflow_batch_provider.sweep.jobs import JobSource, UnfollowedJobs, sources_of

if TYPE_CHECKING:
    from airflow.sdk import DAG, Context

_TIMED_OUT: Final = "timed_out"

HEARTBEAT_SECONDS: Final = 15.0
"""How long after ``dagrun_timeout`` a worker may keep running before it learns that its task has ended."""


@dataclass(frozen=True, slots=True)
class RunSweep:
    """
    A callback for the end of a DAG run, successful or not.

    A run can end while it has live jobs that no task follows: another branch failed, a
    deferred task was marked before a triggerer started its trigger, or ``dagrun_timeout`` passed.
    Airflow runs no task of such a run any more, but the DAG processor calls this. It does not do so for a
    run that a user marks; the provider's plugin handles that, see ``sweep.marks``.
    """

    source: JobSource

    def __call__(self, context: Context) -> None:
        """Terminate the live jobs of the run that were created before it ended."""
        dag_id, run_id, ended = _run_of(context)
        jobs = UnfollowedJobs(self.source, dag_id, run_id, ended.timestamp(), RUN_ENDED)
        jobs.terminate()
        if context.get("reason") == _TIMED_OUT:
            # Airflow ends such a run while workers of it still run; one of them may be submitting.
            time.sleep(HEARTBEAT_SECONDS)
            until = ended.timestamp() + HEARTBEAT_SECONDS
            UnfollowedJobs(self.source, dag_id, run_id, until, RUN_ENDED).terminate()


def sweep_at_end(dag: DAG) -> None:
    """
    Add the callbacks to a DAG, before its own callbacks, which may fail.

    Call it again when tasks have been added.
    """
    sweeps = [RunSweep(source) for source in sources_of(dag.tasks)]
    dag.on_failure_callback = _with_sweeps(dag.on_failure_callback, sweeps)
    dag.on_success_callback = _with_sweeps(dag.on_success_callback, sweeps)
    # DAG() computes these flags from its arguments. The scheduler, which
    # sees only the serialized DAG, sends no callback without them.
    dag.has_on_failure_callback = dag.has_on_success_callback = True


def _with_sweeps(callbacks: Any, sweeps: Sequence[RunSweep]) -> list[Any]:
    given: Sequence[Any] = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    own = [callback for callback in given if callback is not None and not isinstance(callback, RunSweep)]
    return [*sweeps, *own]


def _run_of(context: Any) -> tuple[str, str, datetime]:
    """Return DAG ID, run ID and end; a run that was cleared since has no end, and its new jobs stay."""
    from airflow.sdk import timezone

    run = context.get("dag_run")
    ended = getattr(run, "end_date", None) or timezone.utcnow()
    return context["dag"].dag_id, context["run_id"], ended
