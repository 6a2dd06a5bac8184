"""Responses of Airflow's REST API as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]

FINAL_RUN_STATES = frozenset({"success", "failed"})


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run of a DAG; ``kind`` is Airflow's run type (``manual``, ``backfill`` …)."""

    dag_id: str
    run_id: str
    state: str
    kind: str
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_RUN_STATES


@dataclass(frozen=True, slots=True)
class TaskInstance:
    """A task of a run; ``state`` is ``None`` until the scheduler processes it."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    max_tries: int
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A file that the DAG processor could not load."""

    file: str
    stack_trace: str


def parse_dag_run(answer: Json) -> DagRun:
    return DagRun(
        dag_id=answer["dag_id"],
        run_id=answer["dag_run_id"],
        state=answer["state"],
        kind=answer["run_type"],
        data_interval_start=_time(answer["data_interval_start"]),
        data_interval_end=_time(answer["data_interval_end"]),
        start=_time(answer["start_date"]),
        end=_time(answer["end_date"]),
    )


def parse_task_instance(answer: Json) -> TaskInstance:
    return TaskInstance(
        task_id=answer["task_id"],
        map_index=answer["map_index"],
        state=answer["state"],
        try_number=answer["try_number"],
        max_tries=answer["max_tries"],
        start=_time(answer["start_date"]),
        end=_time(answer["end_date"]),
    )


def parse_import_failure(answer: Json) -> ImportFailure:
    return ImportFailure(file=answer["filename"], stack_trace=answer["stack_trace"])


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
