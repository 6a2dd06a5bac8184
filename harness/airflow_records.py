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


def parse_dag_run(response: Json) -> DagRun:
    return DagRun(
        dag_id=response["dag_id"],
        run_id=response["dag_run_id"],
        state=response["state"],
        kind=response["run_type"],
        data_interval_start=_time(response["data_interval_start"]),
        data_interval_end=_time(response["data_interval_end"]),
        start=_time(response["start_date"]),
        end=_time(response["end_date"]),
    )


def parse_task_instance(response: Json) -> TaskInstance:
    return TaskInstance(
        task_id=response["task_id"],
        map_index=response["map_index"],
        state=response["state"],
        try_number=response["try_number"],
        max_tries=response["max_tries"],
        start=_time(response["start_date"]),
        end=_time(response["end_date"]),
    )


def parse_import_failure(response: Json) -> ImportFailure:
    return ImportFailure(file=response["filename"], stack_trace=response["stack_trace"])


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
