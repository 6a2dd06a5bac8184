"""Show each change of a job when it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from harness.followed_jobs import FollowedJob

COLOURS = {"SUCCEEDED": "green", "FAILED": "red", "RUNNING": "cyan", "STARTING": "cyan"}
_WIDTH = 120


def make_console() -> Console:
    """Make a console wide enough for the tables: a narrow terminal wraps them, and no job id is lost."""
    return Console(highlight=False, width=max(Console().width, _WIDTH))


class Progress:
    """Print a line for each transition; in a terminal also a moving line with the total."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("starting the local AWS Batch and Airflow …")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        self._console.print(escape(text))

    def show(self, jobs: Sequence[FollowedJob], expected: int) -> None:
        """Print what has changed since the last time."""
        for job in jobs:
            text = _state(job)
            if self._shown.get(job.job_id) != text:
                self._shown[job.job_id] = text
                self._console.print(f"{job.month}  {job.job_key:<8} {escape(job.job_id)}  {text}")
        if self._status is not None:
            done = sum(job.is_final for job in jobs)
            self._status.update(f"{done} of {expected} jobs done")


def _state(job: FollowedJob) -> str:
    colour = COLOURS.get(job.status, "default")
    children = children_text(job.children)
    return f"[{colour}]{job.status:<9}[/]  {children}" if children else f"[{colour}]{job.status}[/]"


def children_text(children: Mapping[str, int]) -> str:
    """Say how far an array job is, as in ``3 SUCCEEDED · 2 RUNNING``."""
    return " · ".join(f"{count} {status}" for status, count in children.items())
