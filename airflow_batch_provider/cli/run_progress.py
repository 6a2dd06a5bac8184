"""Show the progress of a run: a live table on a terminal, otherwise one line for each change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from airflow_batch_provider.batch.change_filter import ChangeFilter
from airflow_batch_provider.cli.run_table import build_run_table

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription


class Progress(Protocol):
    """A display that is called for each change of a job."""

    def __call__(self, job_key: str, job: JobDescription) -> None:
        """Show a change."""


@contextmanager
def show_progress(console: Console, job_keys: Iterable[str]) -> Iterator[Progress]:
    """Show the progress of a run on a console inside the ``with`` block."""
    if not console.is_terminal:
        yield _LineProgress(console)
        return
    table = _TableProgress(job_keys)
    with Live(console=console, refresh_per_second=2, get_renderable=table.render):
        yield table


class _LineProgress:
    """Print a line for each status change, and occasionally for an array job's progress."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._filter = ChangeFilter()

    def __call__(self, job_key: str, job: JobDescription) -> None:
        if self._filter.should_log(job):
            progress = f": {job.array}" if job.array else ""
            reason = f" ({job.status_reason})" if job.status_reason and not job.has_succeeded else ""
            self._console.print(f"{job_key} {job.status}{progress}{reason}", markup=False, soft_wrap=True)


class _TableProgress:
    """Keep the latest description of each job; re-rendered periodically to update elapsed times."""

    def __init__(self, job_keys: Iterable[str]) -> None:
        self._jobs: dict[str, JobDescription | None] = dict.fromkeys(job_keys)

    def __call__(self, job_key: str, job: JobDescription) -> None:
        self._jobs[job_key] = job

    def render(self) -> Table:
        return build_run_table(dict(self._jobs), with_ids=False)
