"""Fakes of the Airflow objects that operators use, and a real hook with fake boto3 clients."""

import json
import re
from collections.abc import Mapping
from typing import Any

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.logs import JobLogs
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from tests.fakes import FakeBatchApi, FakeLogsApi


class FakeTaskInstance:
    """A task instance that keeps its XComs in memory, in the order in which they were pushed."""

    def __init__(
        self, task_id: str = "align", *, published: Mapping[tuple[Any, ...], Any] | None = None
    ) -> None:
        """``published`` maps task IDs and keys, or these and a map index, to the XComs of other tasks."""
        self.dag_id = "post_trade"
        self.run_id = "scheduled__2006-01-01"
        self.task_id = task_id
        self.map_index = -1
        self.try_number = 1
        self.max_tries = 0
        self.states: dict[str, str] = {}
        """Task states of the run, with Airflow's keys: ``align``, or ``align_0`` for a mapped task."""
        self.pushed: dict[str, Any] = {}
        self._published = dict(published or {})

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, *, task_ids: str, key: str, map_indexes: int | None = None) -> Any:
        of_index = self._published.get((task_ids, key, map_indexes))
        return self._published.get((task_ids, key)) if of_index is None else of_index

    def get_task_states(
        self, *, dag_id: str, task_ids: list[str], run_ids: list[str]
    ) -> dict[str, dict[str, str]]:
        assert (dag_id, run_ids) == (self.dag_id, [self.run_id])
        task_states = {
            key: state
            for key, state in self.states.items()
            if any(re.fullmatch(rf"{re.escape(task_id)}(_\d+)?", key) for task_id in task_ids)
        }
        return {self.run_id: task_states} if task_states else {}

    def retry(self) -> None:
        """Start the next try, as after a failure."""
        self.try_number += 1

    def clear(self, retries: int = 0) -> None:
        """Start the next try, as after a user has cleared the task."""
        self.max_tries = self.try_number + retries
        self.try_number += 1


class FakeStateStore:
    """Airflow's task state store: JSON values that persist across tries and clears."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self._values[key]) if key in self._values else default

    def set(self, key: str, value: Any) -> None:
        self._values[key] = json.dumps(value)


class FakeStats:
    """Airflow's ``Stats``; records all metrics as ``(name, value, tags)``."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any, dict[str, Any]]] = []

    def incr(self, stat: str, count: int = 1, *, tags: dict[str, Any] | None = None) -> None:
        self.sent.append((stat, count, tags or {}))

    def gauge(self, stat: str, value: float, *, tags: dict[str, Any] | None = None) -> None:
        self.sent.append((stat, value, tags or {}))

    def timing(self, stat: str, dt: Any, *, tags: dict[str, Any] | None = None) -> None:
        self.sent.append((stat, dt, tags or {}))

    def named(self, stat: str) -> list[tuple[Any, dict[str, Any]]]:
        return [(value, tags) for name, value, tags in self.sent if name == stat]


def hook_over(batch: FakeBatchApi, logs: FakeLogsApi) -> BatchHook:
    """Return a real hook without a connection that uses fake clients."""
    hook = BatchHook.of(AwsConnection(aws_conn_id=None, region_name="eu-west-1"))
    hook.__dict__["batch"] = BatchClient(batch, batch, sleep=lambda seconds: None)
    hook.__dict__["logs"] = JobLogs(logs)
    return hook
