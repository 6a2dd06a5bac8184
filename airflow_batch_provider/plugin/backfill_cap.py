"""
Apply a workflow's ``backfill: {max_active_runs: …}`` to its backfills.

The user who creates a backfill chooses how many of its runs are active at once; the default is 10. When
the scheduler starts the first run of a backfill, it notifies its listeners in the same loop in which it
counts how many more runs may start. The listener lowers the number there, and the UI shows it.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    """Lower a backfill's number of active runs to the workflow's limit."""
    if dag_run.backfill_id is None:
        return
    try:
        cap = _cap_of(dag_run)
        backfill = dag_run.backfill
        if cap is not None and backfill is not None and backfill.max_active_runs > cap:
            backfill.max_active_runs = cap
            log.info("Limited backfill %s of '%s' to %s active runs", backfill.id, dag_run.dag_id, cap)
    except Exception:  # must not stop the scheduler
        log.exception("Could not limit the active runs of the backfill of '%s'", dag_run.dag_id)


def _cap_of(dag_run: Any) -> int | None:
    """Return the limit, which the serialized DAG has as an argument of its tasks."""
    caps = [
        argument["max_active_runs"]
        for task in dag_run.dag.tasks
        if isinstance(argument := getattr(task, "backfill", None), dict) and "max_active_runs" in argument
    ]
    return min(caps, default=None)
