"""The demo's runs: one month of the post-trade workflow and a backfill of the next three."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.airflow_api import AirflowApi
from harness.airflow_records import DagRun

DAG_ID = "post_trade"
JOB_KEYS = ("clean", "process", "model", "store")
SUBMIT_TASK = "submit"
RUN_COUNT = 4

_FIRST = datetime(2008, 1, 1, 6, tzinfo=UTC)
_SECOND = datetime(2008, 2, 1, 6, tzinfo=UTC)
_LAST = datetime(2008, 4, 1, 6, tzinfo=UTC)


def start_runs(api: AirflowApi) -> None:
    """Start all runs; the schedule's data intervals start on the first of a month at 06:00 UTC."""
    api.wait_for_dag(DAG_ID)
    api.create_backfill(DAG_ID, _SECOND, _LAST, max_active_runs=RUN_COUNT)
    api.trigger(DAG_ID, interval=(_FIRST, _SECOND))


def month_of(run: DagRun) -> str:
    """Return the month whose prices a run reads, such as ``2008-01``."""
    start = run.data_interval_start
    return "?" if start is None else f"{start:%Y-%m}"
