"""A client for Airflow's REST API with the calls that the demo and the tests need."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from harness.airflow_records import (
    DagRun,
    ImportFailure,
    Json,
    TaskInstance,
    parse_dag_run,
    parse_import_failure,
    parse_task_instance,
)

_POLL_SECONDS = 0.2
_BUSY_SECONDS = 20.0
_PAGE = 1000
_GROUP_MARKERS = ("::group::", "::endgroup::")


class AirflowApiError(RuntimeError):
    """The API returned an error; ``status`` is the HTTP status."""

    def __init__(self, method: str, path: str, status: int, response: str) -> None:
        super().__init__(f"{method} {path} returned HTTP {status}: {response}")
        self.status = status


class AirflowApi:
    """
    The REST API of one Airflow deployment.

    :param password: the password of ``user``; if None, Airflow must treat all users as admins.
    """

    def __init__(self, url: str, user: str, password: str | None = None) -> None:
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self._credentials = None if password is None else {"username": user, "password": password}

    def close(self) -> None:
        self._client.close()

    def call(self, method: str, path: str, body: Json | None = None, **query: Any) -> Any:
        """Send a request, logging in first if necessary; raise AirflowApiError if it fails."""
        if "Authorization" not in self._client.headers:
            self._client.headers["Authorization"] = f"Bearer {self.token()}"
        return self._send(method, path, body, query)

    def token(self) -> str:
        """Return a new token; the UI accepts it as cookie ``_token``."""
        method = "GET" if self._credentials is None else "POST"
        response: Json = self._send(method, "/auth/token", self._credentials, {})
        return str(response["access_token"])

    def health(self) -> dict[str, str]:
        """Return the status by component: ``healthy``, ``unhealthy`` or, before it starts, ``None``."""
        response: Json = self._send("GET", "/api/v2/monitor/health", None, {})
        return {component: health["status"] for component, health in response.items() if health}

    def execution_api_is_healthy(self) -> bool:
        """
        Return whether the execution API, which workers call, responds.

        Airflow builds this API at its first request, which takes seconds and would delay the first task.
        """
        response: Json = self._send("GET", "/execution/health", None, {})
        return bool(response["status"] == "healthy")

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self.call("GET", "/api/v2/dags", limit=_PAGE)["dags"]}

    def wait_for_dag(self, dag_id: str, *, timeout_seconds: float = 120) -> None:
        """Wait until the DAG processor has stored a DAG; raise TimeoutError with all import errors."""
        deadline = time.monotonic() + timeout_seconds
        while dag_id not in self.dag_ids():
            if time.monotonic() > deadline:
                raise TimeoutError(f"DAG '{dag_id}' was not loaded in time. {self._describe_import_errors()}")
            time.sleep(_POLL_SECONDS)

    def import_errors(self) -> list[ImportFailure]:
        response = self.call("GET", "/api/v2/importErrors", limit=_PAGE)
        return [parse_import_failure(error) for error in response["import_errors"]]

    def unpause(self, dag_id: str) -> None:
        self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def trigger(
        self,
        dag_id: str,
        *,
        interval: tuple[datetime, datetime] | None = None,
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
    ) -> DagRun:
        """
        Unpause a DAG and trigger a run.

        :param interval: the run's data interval; its start becomes the logical date.
        """
        self.unpause(dag_id)
        body: Json = {"logical_date": None, "conf": dict(conf or {})}
        if run_id is not None:
            body["dag_run_id"] = run_id
        if interval is not None:
            start, end = (date.isoformat() for date in interval)
            body |= {"logical_date": start, "data_interval_start": start, "data_interval_end": end}
        return parse_dag_run(self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body))

    def run(self, dag_id: str, run_id: str) -> DagRun:
        return parse_dag_run(self.call("GET", _run_path(dag_id, run_id)))

    def runs(self, dag_id: str) -> list[DagRun]:
        response = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns", limit=_PAGE)
        return [parse_dag_run(run) for run in response["dag_runs"]]

    def wait_for_run(self, dag_id: str, run_id: str, *, timeout_seconds: float = 120) -> DagRun:
        """Wait until a run has ended; raise TimeoutError with the states of its tasks."""
        deadline = time.monotonic() + timeout_seconds
        while not (run := self.run(dag_id, run_id)).is_final:
            if time.monotonic() > deadline:
                states = {task.task_id: task.state for task in self.task_instances(dag_id, run_id)}
                raise TimeoutError(f"run '{run_id}' of '{dag_id}' is still {run.state}: {states}")
            time.sleep(_POLL_SECONDS)
        return run

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run ``success``, ``failed`` or ``queued``."""
        self.call("PATCH", _run_path(dag_id, run_id), {"state": state})

    def clear_run(self, dag_id: str, run_id: str, *, only_failed: bool = False) -> None:
        body = {"dry_run": False, "only_failed": only_failed}
        self.call("POST", f"{_run_path(dag_id, run_id)}/clear", body)

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        response = self.call("GET", f"{_run_path(dag_id, run_id)}/taskInstances", limit=_PAGE)
        return [parse_task_instance(task) for task in response["task_instances"]]

    def task_instance(self, dag_id: str, run_id: str, task_id: str) -> TaskInstance:
        return parse_task_instance(self.call("GET", _task_path(dag_id, run_id, task_id)))

    def wait_for_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        states: Sequence[str],
        *,
        timeout_seconds: float = 120,
    ) -> TaskInstance:
        """Wait until a task is in one of the given states."""
        deadline = time.monotonic() + timeout_seconds
        while (task := self.task_instance(dag_id, run_id, task_id)).state not in states:
            if time.monotonic() > deadline:
                raise TimeoutError(f"task '{task_id}' of '{run_id}' is {task.state}, not one of {states}")
            time.sleep(_POLL_SECONDS)
        return task

    def set_task_state(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """Mark a task ``success``, ``failed`` or ``skipped``."""
        self.call("PATCH", _task_path(dag_id, run_id, task_id), {"new_state": state})

    def delete_run(self, dag_id: str, run_id: str) -> None:
        self.call("DELETE", _run_path(dag_id, run_id))

    def delete_task(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Delete a task instance."""
        self.call("DELETE", _task_path(dag_id, run_id, task_id))

    def delete_dag(self, dag_id: str) -> None:
        """Delete a DAG with all its runs; the DAG processor adds it again when it parses the file."""
        self.call("DELETE", f"/api/v2/dags/{dag_id}")

    def clear_tasks(
        self,
        dag_id: str,
        run_id: str,
        task_ids: Sequence[str],
        *,
        downstream: bool = False,
    ) -> None:
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "only_failed": False,
            "include_downstream": downstream,
        }
        self.call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def xcoms(self, dag_id: str, run_id: str, task_id: str) -> Json:
        """Return a task's XComs by key."""
        path = f"{_task_path(dag_id, run_id, task_id)}/xcomEntries"
        keys = [entry["key"] for entry in self.call("GET", path, limit=_PAGE)["xcom_entries"]]
        return {key: self.call("GET", f"{path}/{quote(key, safe='')}")["value"] for key in keys}

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str | None]:
        """Return the URLs of a task's extra links by name."""
        response: Json = self.call("GET", f"{_task_path(dag_id, run_id, task_id)}/links")
        return dict(response["extra_links"])

    def log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1) -> str:
        """Return the log of one try: one line per event, exceptions as ``type: message``."""
        path = f"{_task_path(dag_id, run_id, task_id)}/logs/{try_number}"
        content = self.call("GET", path, full_content=True)["content"]
        lines = [_log_line(entry) for entry in content]
        return "\n".join(line for line in lines if not line.startswith(_GROUP_MARKERS))

    def create_backfill(
        self,
        dag_id: str,
        start: datetime,
        end: datetime,
        *,
        max_active_runs: int = 4,
        reprocess: str = "none",
        conf: Mapping[str, Any] | None = None,
    ) -> int:
        """
        Start a backfill, then unpause its DAG; ``reprocess`` is none, failed or completed.

        While the DAG is paused, the scheduler ignores its runs. If SQLite is locked, Airflow deletes the runs
        that it has created so far, and a scheduler that has already read them would stop with an error.
        """
        body: Json = {
            "dag_id": dag_id,
            "from_date": start.isoformat(),
            "to_date": end.isoformat(),
            "max_active_runs": max_active_runs,
            "reprocess_behavior": reprocess,
            "dag_run_conf": dict(conf or {}),
        }
        backfill_id = int(self.call("POST", "/api/v2/backfills", body)["id"])
        self.unpause(dag_id)
        return backfill_id

    def structure(self, dag_id: str) -> Json:
        """Return the graph that the UI draws: ``nodes`` and ``edges``."""
        response: Json = self.call("GET", "/ui/structure/structure_data", dag_id=dag_id)
        return response

    def _send(self, method: str, path: str, body: Json | None, query: Mapping[str, Any]) -> Any:
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            response = self._client.request(method, path, json=body, params=dict(query))
            if not _is_database_busy(response) or time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        if response.is_error:
            raise AirflowApiError(method, path, response.status_code, response.text[:2000])
        return response.json() if response.content else None

    def _describe_import_errors(self) -> str:
        errors = [f"{error.file}: {error.stack_trace}" for error in self.import_errors()]
        return "Import errors: " + "\n".join(errors) if errors else "No import errors."


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _task_path(dag_id: str, run_id: str, task_id: str) -> str:
    return f"{_run_path(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}"


def _is_database_busy(response: httpx.Response) -> bool:
    """Return whether SQLite was locked by another component; the call had no effect and can be repeated."""
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        return True
    is_error = response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    return is_error and "Database error" in response.text


def _log_line(entry: Json | str) -> str:
    if isinstance(entry, str):
        return entry
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or []]
    return "\n".join([str(entry.get("event", "")), *errors])
