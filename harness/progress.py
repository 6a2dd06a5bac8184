"""Show the progress of the demo's jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from harness.demo_jobs import DemoJob

COLORS = {"SUCCEEDED": "green", "FAILED": "red", "RUNNING": "cyan", "STARTING": "cyan"}
_WIDTH = 120


def make_console() -> Console:
    """Return a console wide enough for the tables, so that job ids are not truncated."""
    return Console(highlight=False, width=max(Console().width, _WIDTH))


class Progress:
    """Print a line for each status change; on a terminal, also a live line with the total."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("Submitting the jobs…")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, jobs: Sequence[DemoJob], expected: int) -> None:
        """Print the changes since the last call."""
        for job in jobs:
            text = _status_text(job)
            if self._shown.get(job.job_id) != text:
                self._shown[job.job_id] = text
                self._console.print(f"{job.month}  {job.job_key:<8} {escape(job.job_id)}  {text}")
        if self._status is not None:
            done = sum(job.is_final for job in jobs)
            self._status.update(f"{done} of {expected} jobs completed")


def _status_text(job: DemoJob) -> str:
    color = COLORS.get(job.status, "default")
    children = children_text(job.children)
    return f"[{color}]{job.status:<9}[/]  {children}" if children else f"[{color}]{job.status}[/]"


def children_text(children: Mapping[str, int]) -> str:
    """Format the children of an array job by status, such as ``3 SUCCEEDED · 2 RUNNING``."""
    return " · ".join(f"{count} {status}" for status, count in children.items())
