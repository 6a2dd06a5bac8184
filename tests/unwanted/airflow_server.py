"""A server that answers like Airflow's REST API, from DAGs, runs and tasks in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Answer = tuple[int, Any]


class AirflowServer(ThreadingHTTPServer):
    """
    Airflow's API server.

    :ivar page_size: ``[api] maximum_page_limit``.
    :ivar overrides: answers by path, instead of Airflow's.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.dags: dict[str, dict[str, Any]] = {}
        self.runs: dict[tuple[str, str], str] = {}
        self.tasks: list[dict[str, Any]] = []
        self.users: dict[str, str] = {}
        self.overrides: dict[str, Answer] = {}
        self.page_size = 100
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add_run(self, dag_id: str, run_id: str, state: str = "running") -> None:
        self.dags.setdefault(dag_id, {"is_stale": False, "last_parsed_time": None})
        self.runs[dag_id, run_id] = state

    def add_task(
        self, dag_id: str, run_id: str, task_id: str, state: str | None, map_index: int = -1
    ) -> None:
        task = {"dag_id": dag_id, "dag_run_id": run_id, "task_id": task_id}
        self.tasks.append({**task, "map_index": map_index, "state": state})

    def answer(self, method: str, path: str, token: str | None, body: dict[str, Any]) -> Answer:
        self.seen.append(f"{method} {path}")
        if path in self.overrides:
            return self.overrides[path]
        if path == "/api/v2/version":
            return 200, {"version": "3.3.2"}
        if path == "/auth/token":
            return self._log_in(method, body)
        if token != "Bearer secret":
            return 401, {"detail": "Not authenticated"}
        if path.startswith("/api/v2/config/"):
            return 403, {"detail": "Your Airflow administrator chose not to expose the configuration"}
        if method == "POST":
            return self._listed(path, body)
        dag_id, _, run_id = (
            unquote(part) for part in path.removeprefix("/api/v2/dags/").partition("/dagRuns/")
        )
        if run_id:
            state = self.runs.get((dag_id, run_id))
            missing = f"The DagRun with dag_id: `{dag_id}` and run_id: `{run_id}` was not found"
            return (200, {"dag_run_id": run_id, "state": state}) if state else (404, {"detail": missing})
        if dag_id not in self.dags:
            return 404, {"detail": f"The Dag with ID: `{dag_id}` was not found"}
        return 200, self.dags[dag_id]

    def _log_in(self, method: str, body: dict[str, Any]) -> Answer:
        if method == "GET":
            refused = 403, {"detail": "This method is only allowed if all users are admins"}
            return refused if self.users else (201, {"access_token": "secret"})
        is_known = self.users.get(body["username"]) == body["password"]
        return (201, {"access_token": "secret"}) if is_known else (401, {"detail": "Invalid credentials"})

    def _listed(self, path: str, body: dict[str, Any]) -> Answer:
        if path.endswith("/taskInstances/list"):
            found = [
                task
                for task in self.tasks
                if task["dag_id"] in body["dag_ids"]
                and task["dag_run_id"] in body["dag_run_ids"]
                and ("state" not in body or task["state"] in body["state"])
            ]
            return 200, self._page("task_instances", found, body)
        runs = [
            {"dag_run_id": run_id}
            for (dag_id, run_id), state in self.runs.items()
            if dag_id in body["dag_ids"] and state in body["states"]
        ]
        return 200, self._page("dag_runs", runs, body)

    def _page(self, name: str, found: list[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
        start = body["page_offset"]
        size = min(body["page_limit"], self.page_size)
        return {name: found[start : start + size], "total_entries": len(found)}


class _Handler(BaseHTTPRequestHandler):
    server: AirflowServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        token = self.headers["Authorization"]
        status, answer = self.server.answer(self.command, self.path, token, json.loads(body or "{}"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def serving() -> Iterator[AirflowServer]:
    """Run a server until the end of the block."""
    with AirflowServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield server
        finally:
            server.shutdown()
