"""Gathers what is marked within a moment, so that the end of a run of many tasks is one sweep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

GATHERING_SECONDS: Final = 0.3

Later = Callable[[float, Callable[[], object]], None]
"""Does something after some seconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A run, or a task of a run, that somebody has marked.

    :param task_id: None for the run.
    :param map_index: -1 for a task that is not mapped.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None
    map_index: int = -1


@dataclass(frozen=True, slots=True)
class MarkedRun:
    """
    What was marked of one run.

    :param tasks: task ids and map indices; empty for the run itself: Airflow names its tasks, too.
    :param until: when the last of it was marked, in seconds since the epoch.
    """

    dag_id: str
    run_id: str
    tasks: frozenset[tuple[str, int]]
    until: float


class MarkGatherer:
    """
    Hands on what was marked, run by run, a moment after the first mark.

    Whoever marks a run of a hundred waiting tasks is told of a hundred and one marks.

    :param end: is handed each run; called outside the thread in which somebody marks.
    """

    def __init__(self, end: Callable[[MarkedRun], None], later: Later) -> None:
        self._end = end
        self._later = later
        self._lock = threading.Lock()
        self._marks: dict[Mark, float] = {}

    def add(self, mark: Mark) -> None:
        """Take note of a mark."""
        with self._lock:
            is_first = not self._marks
            self._marks[mark] = time.time()
        if is_first:
            self._later(GATHERING_SECONDS, self._hand_on)

    def _hand_on(self) -> None:
        with self._lock:
            marks, self._marks = self._marks, {}
        by_run: dict[tuple[str, str], list[Mark]] = {}
        for mark in marks:
            by_run.setdefault((mark.dag_id, mark.run_id), []).append(mark)
        for (dag_id, run_id), of_run in by_run.items():
            until = max(marks[mark] for mark in of_run)
            self._end(MarkedRun(dag_id, run_id, _tasks(of_run), until))


def start_timer(seconds: float, call: Callable[[], object]) -> None:
    """Call something later, in a thread that keeps no process alive."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


def _tasks(marks: Sequence[Mark]) -> frozenset[tuple[str, int]]:
    if any(mark.task_id is None for mark in marks):
        return frozenset()
    return frozenset((mark.task_id, mark.map_index) for mark in marks if mark.task_id is not None)
