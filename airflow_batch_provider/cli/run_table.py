"""The jobs of a run as a table."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from airflow_batch_provider.batch.job import JobDescription, JobStatus

NOT_SUBMITTED: Final = "not submitted"
_COLUMNS: Final = ("job", "status", "children", "attempt", "time", "reason")
STATUS_STYLES: Final = {JobStatus.SUCCEEDED: "green", JobStatus.FAILED: "red", JobStatus.RUNNING: "cyan"}
_WIDTH_WITHOUT_TERMINAL: Final = 200
_MILLI: Final = 1000


def make_console(*, is_error: bool = False, width_without_terminal: int = _WIDTH_WITHOUT_TERMINAL) -> Console:
    """Return a console; without a terminal, it is wide enough that the table does not wrap."""
    created = Console(stderr=is_error, highlight=False)
    if created.is_terminal:
        return created
    return Console(stderr=is_error, highlight=False, width=width_without_terminal)


def build_run_table(jobs: Mapping[str, JobDescription | None], *, with_ids: bool = True) -> Table:
    """
    Return a table of a run's jobs.

    :param jobs: the jobs by job key; None for a job that was not submitted.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in (*_COLUMNS, *(["job id"] if with_ids else [])):
        table.add_column(column, no_wrap=column != "reason", overflow="fold")
    for key, job in jobs.items():
        cells = _cells(job) if job else (NOT_SUBMITTED, "", "", "", "")
        table.add_row(key, *cells, *([job.job_id if job else ""] if with_ids else []))
    return table


def _cells(job: JobDescription) -> tuple[Text | str, ...]:
    attempts = f"{job.attempts_made} of {job.attempts_allowed}" if job.attempts_made else ""
    return (
        Text(str(job.status), style=STATUS_STYLES.get(job.status, "")),
        str(job.array) if job.array else "",
        attempts,
        format_elapsed(job),
        job.status_reason or "" if job.status is not JobStatus.SUCCEEDED else "",
    )


def format_elapsed(job: JobDescription) -> str:
    """Return the duration of the last attempt, up to now if it is running: ``1:02:03``."""
    if job.started_at is None:
        return ""
    end = job.stopped_at if job.stopped_at is not None else time.time() * _MILLI
    seconds = max(0, round((end - job.started_at) / _MILLI))
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
