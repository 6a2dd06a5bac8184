"""
Holds the backfills of a workflow to the workflow's own ``backfill: {max_active_runs: …}``.

Airflow takes the number of runs at once from whoever creates a backfill, 10 unless given. When the
scheduler starts the first run of a backfill it tells its listeners, in the very loop in which it
counts how many more may start; there the number is lowered, and the UI shows it.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    """Lower how many runs of a backfill may be active to what the workflow allows."""
    if dag_run.backfill_id is None:
        return
    try:
        cap = _cap_of(dag_run)
        backfill = dag_run.backfill
        if cap is not None and backfill is not None and backfill.max_active_runs > cap:
            backfill.max_active_runs = cap
            log.info("Backfill %s of '%s' is held to %s runs at once", backfill.id, dag_run.dag_id, cap)
    except Exception:  # must not keep the scheduler from starting runs
        log.exception("The backfill of '%s' could not be held to its workflow's cap", dag_run.dag_id)


def _cap_of(dag_run: Any) -> int | None:
    """Read the cap from the DAG as Airflow's database keeps it: an argument of its tasks."""
    caps = [
        argument["max_active_runs"]
        for task in dag_run.dag.tasks
        if isinstance(argument := getattr(task, "backfill", None), dict) and "max_active_runs" in argument
    ]
    return min(caps, default=None)
