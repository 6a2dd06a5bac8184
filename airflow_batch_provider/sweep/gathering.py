"""Gather marks that arrive together, so that a run of many tasks is swept once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

GATHERING_SECONDS: Final = 0.3

Later = Callable[[float, Callable[[], object]], None]
"""Calls a function after a number of seconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A run, or a task of a run, that a user has marked.

    :param task_id: None for the run.
    :param map_index: -1 for a task that is not mapped.
    :param is_skip: whether the task was marked skipped.
    :param by_scheduler: whether the scheduler failed the task, and no user marked it.
    :param version_id: a version of the DAG that the run has used, in case its row is deleted soon.
    """

    dag_id: str
    run_id: str
    task_id: str | None = None
    map_index: int = -1
    is_skip: bool = False
    by_scheduler: bool = False
    version_id: Any = None


@dataclass(frozen=True, slots=True)
class MarkedRun:
    """
    The marks of one run.

    :param tasks: task IDs and map indexes; empty if the run itself was marked (Airflow then marks its tasks).
    :param until: the time of the last mark, as a Unix timestamp.
    :param skipped: those of the tasks that were marked skipped.
    :param by_scheduler: whether the scheduler failed the tasks, and no user marked them.
    :param version_id: a version of the DAG that the run has used.
    """

    dag_id: str
    run_id: str
    tasks: frozenset[tuple[str, int]]
    until: float
    skipped: frozenset[tuple[str, int]] = frozenset()
    by_scheduler: bool = False
    version_id: Any = None


class MarkGatherer:
    """
    Passes on marks run by run, a short time after the first one.

    When a user marks a run with a hundred waiting tasks, Airflow reports a hundred and one marks.

    :param on_marked: called with each run, outside the thread that reports the marks.
    """

    def __init__(self, on_marked: Callable[[MarkedRun], None], later: Later) -> None:
        self._on_marked = on_marked
        self._later = later
        # The API server handles requests in several threads, and the timer runs in another one.
        self._lock = threading.Lock()
        self._marks: dict[Mark, float] = {}

    def add(self, mark: Mark) -> None:
        """Add a mark."""
        with self._lock:
            is_first = not self._marks
            self._marks[mark] = time.time()
        if is_first:
            # Outside the lock: `_pass_on` takes it as well, and a test's `later` may call it at once.
            self._later(GATHERING_SECONDS, self._pass_on)

    def _pass_on(self) -> None:
        with self._lock:
            marks, self._marks = self._marks, {}
        by_run: dict[tuple[str, str, bool], list[Mark]] = {}
        for mark in marks:
            by_run.setdefault((mark.dag_id, mark.run_id, mark.by_scheduler), []).append(mark)
        for (dag_id, run_id, by_scheduler), of_run in by_run.items():
            until = max(marks[mark] for mark in of_run)
            skipped = _tasks([mark for mark in of_run if mark.is_skip])
            version_id = next((mark.version_id for mark in of_run if mark.version_id is not None), None)
            tasks = _tasks(of_run)
            self._on_marked(MarkedRun(dag_id, run_id, tasks, until, skipped, by_scheduler, version_id))


def start_timer(seconds: float, call: Callable[[], object]) -> None:
    """Call a function later, in a thread that does not keep the process alive."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


def _tasks(marks: Sequence[Mark]) -> frozenset[tuple[str, int]]:
    if any(mark.task_id is None for mark in marks):
        return frozenset()
    return frozenset((mark.task_id, mark.map_index) for mark in marks if mark.task_id is not None)
