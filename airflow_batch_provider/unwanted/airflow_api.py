"""What Airflow's REST API says about runs and tasks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from airflow_batch_provider.errors import AirflowApiError
from airflow_batch_provider.unwanted.run_states import (
    ACTIVE_RUN_STATES,
    REMOVED,
    Instance,
    gone,
    has_ended,
)

_TIMEOUT_SECONDS: Final = 60
_PAGE: Final = 100
"""Airflow's default for ``[api] maximum_page_limit``; it may be set lower."""

ABSENT_SECONDS: Final = 86_400.0
"""How long a DAG must be missing from the DAG files: a fault of the DAG processor hides DAGs, too."""


@dataclass(frozen=True, slots=True)
class AirflowLogin:
    """
    Where Airflow is, and who asks.

    :param url: the URL of the API server, without ``/api/v2``.
    :param token: a token of Airflow's API; takes precedence over user and password.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class AirflowApi:
    """
    Answers about runs and tasks from Airflow's REST API; see ``RunStates``.

    :param absent_seconds: how long a DAG must be missing from the DAG files until its runs want no jobs.
    :ivar known_dags: the DAGs for which Airflow was asked, and whether they exist.
    :raises AirflowApiError: the URL is not that of an Airflow 3, or Airflow refuses the login.
    """

    def __init__(self, login: AirflowLogin, *, absent_seconds: float = ABSENT_SECONDS) -> None:
        if not login.url.startswith(("http://", "https://")):
            raise AirflowApiError(f"'{login.url}' is not the URL of an Airflow; write http://host:port")
        self._url = login.url.rstrip("/")
        self._absent_seconds = absent_seconds
        self._token: str | None = None
        self.known_dags: dict[str, bool] = {}
        self._call("GET", "/api/v2/version")
        self._token = login.token or self._log_in(login)

    def environment(self) -> str | None:
        """Return this Airflow's ``[batch_provider] environment``; None if its API does not show it."""
        try:
            answer = self._call("GET", "/api/v2/config/section/batch_provider/option/environment")
        except AirflowApiError:  # by default, `[api] expose_config` is off
            return None
        options = [option for section in answer["sections"] for option in section["options"]]
        return str(options[0]["value"]) or None if options else None

    def ended(self, dag_id: str, run_ids: Sequence[str]) -> dict[str, str]:
        """Return why a run wants no jobs, by run ID; one call for each run and one for the DAG."""
        dag = self._find(_dag_path(dag_id))
        self.known_dags[dag_id] = dag is not None
        absent = None if dag is None else self._why_absent(dag_id, dag)
        reasons: dict[str, str] = {}
        for run_id in run_ids:
            run = self._find(f"{_dag_path(dag_id)}/dagRuns/{quote(run_id, safe='')}")
            if run is None:
                reasons[run_id] = gone(run_id) if dag else f"DAG '{dag_id}' does not exist in Airflow"
            elif run["state"] not in ACTIVE_RUN_STATES:
                reasons[run_id] = has_ended(run_id, run["state"])
            elif absent:
                reasons[run_id] = absent
        return reasons

    def active_runs(self, dag_id: str) -> list[str]:
        """Return the IDs of all queued or running runs of a DAG."""
        # Airflow refuses this call if the DAG may not be read; the list would be empty.
        self.known_dags[dag_id] = self._find(_dag_path(dag_id)) is not None
        body = {"dag_ids": [dag_id], "states": list(ACTIVE_RUN_STATES), "order_by": "id"}
        runs = self._pages("/api/v2/dags/~/dagRuns/list", body, "dag_runs")
        return [run["dag_run_id"] for run in runs]

    def with_removed_tasks(self, dag_id: str, run_ids: Sequence[str]) -> Collection[str]:
        """Return those of the runs in which some task is removed."""
        body = {"dag_ids": [dag_id], "dag_run_ids": list(run_ids), "state": [REMOVED]}
        return {task["dag_run_id"] for task in self._tasks(body)}

    def task_states(
        self, dag_id: str, run_id: str, instances: Collection[Instance]
    ) -> Mapping[Instance, str | None]:
        """Return the states of those of the task instances that the run has."""
        tasks = self._tasks({"dag_ids": [dag_id], "dag_run_ids": [run_id]})
        states = {(task["task_id"], task["map_index"]): task["state"] for task in tasks}
        return {instance: states[instance] for instance in instances if instance in states}

    def _why_absent(self, dag_id: str, dag: Mapping[str, Any]) -> str | None:
        """Return why the active runs of a DAG want no jobs: Airflow goes on with none of them."""
        parsed = dag.get("last_parsed_time")
        if not dag.get("is_stale") or not parsed:
            return None
        since = datetime.fromisoformat(parsed)
        if datetime.now(UTC) - since < timedelta(seconds=self._absent_seconds):
            return None
        return f"DAG '{dag_id}' has been missing from the DAG files since {since:%Y-%m-%d %H:%M} UTC"

    def _tasks(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        path = "/api/v2/dags/~/dagRuns/~/taskInstances/list"
        return self._pages(path, {**body, "order_by": "id"}, "task_instances")

    def _pages(self, path: str, body: Mapping[str, Any], member: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._call("POST", path, {**body, "page_offset": len(found), "page_limit": _PAGE})
            found += page[member]
            if not page[member] or len(found) >= page["total_entries"]:
                return found

    def _log_in(self, login: AirflowLogin) -> str:
        if login.user is None:
            # Airflow's simple auth manager gives a token to all if everyone is an admin.
            return str(self._call("GET", "/auth/token")["access_token"])
        credentials = {"username": login.user, "password": login.password or ""}
        return str(self._call("POST", "/auth/token", credentials)["access_token"])

    def _find(self, path: str) -> dict[str, Any] | None:
        """Return an object, or None if Airflow says that it does not exist."""
        try:
            found: dict[str, Any] = self._call("GET", path)
        except _NotFoundError:
            return None
        return found

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        url = f"{self._url}{path}"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(url, data, headers, method=method), timeout=_TIMEOUT_SECONDS) as response:
                return json.load(response)
        except HTTPError as error:
            raise _error_of(method, url, error.code, error.read(2000)) from None
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise AirflowApiError(f"Airflow at {self._url} cannot be reached: {reason}") from None
        except ValueError:
            raise AirflowApiError(f"{method} {url} did not return JSON; {_CHECK_URL}") from None


class _NotFoundError(AirflowApiError):
    """Airflow's API says that an object does not exist."""


_CHECK_URL: Final = "check that the URL is that of Airflow's API server (Airflow 3)"
_CHECK_LOGIN: Final = (
    "set AIRFLOW_API_TOKEN, or AIRFLOW_API_USERNAME and AIRFLOW_API_PASSWORD, to those of a user who may "
    "read all DAGs, runs and task instances"
)


def _error_of(method: str, url: str, status: int, response: bytes) -> AirflowApiError:
    detail = _detail_of(response)
    if status == HTTPStatus.NOT_FOUND and detail is not None and "was not found" in detail:
        return _NotFoundError(detail)
    said = f"{method} {url} returned HTTP {status}{f': {detail}' if detail else ''}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return AirflowApiError(f"{said}; {_CHECK_LOGIN}")
    return AirflowApiError(f"{said}; {_CHECK_URL}" if status == HTTPStatus.NOT_FOUND else said)


def _detail_of(response: bytes) -> str | None:
    """Return the reason in an error of Airflow's API; None if the answer comes from something else."""
    try:
        detail = json.loads(response)["detail"]
    except (ValueError, KeyError, TypeError):
        return None
    return detail if isinstance(detail, str) else json.dumps(detail)


def _dag_path(dag_id: str) -> str:
    return f"/api/v2/dags/{quote(dag_id, safe='')}"
