"""Shows how a run goes: a table that changes on a terminal, a line for each change elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from airflow_batch_provider.batch.change_filter import ChangeFilter
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.cli.run_table import run_table


class Progress(Protocol):
    """Something that is told of each change of a job."""

    def __call__(self, job_key: str, job: JobDescription) -> None:
        """Take note of a change."""


@contextmanager
def progress_on(console: Console, job_keys: Iterable[str]) -> Iterator[Progress]:
    """Show a run on a console while the block lasts."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    table = _Table(job_keys)
    with Live(console=console, refresh_per_second=2, get_renderable=table.render):
        yield table


class _Lines:
    """Writes a line for each change of status, and now and then one of an array's progress."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._change_filter = ChangeFilter()

    def __call__(self, job_key: str, job: JobDescription) -> None:
        if self._change_filter.should_log(job):
            progress = f": {job.array}" if job.array else ""
            because = f" ({job.status_reason})" if job.status_reason and not job.has_succeeded else ""
            self._console.print(f"{job_key} {job.status}{progress}{because}", markup=False, soft_wrap=True)


class _Table:
    """Keeps what is known of the jobs; drawn anew again and again, since running jobs grow older."""

    def __init__(self, job_keys: Iterable[str]) -> None:
        self._jobs: dict[str, JobDescription | None] = dict.fromkeys(job_keys)

    def __call__(self, job_key: str, job: JobDescription) -> None:
        self._jobs[job_key] = job

    def render(self) -> Table:
        return run_table(dict(self._jobs), with_ids=False)
