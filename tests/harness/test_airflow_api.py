"""The client for Airflow's REST API, tested against a server with canned responses."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from harness.airflow_api import AirflowApi, AirflowApiError

Response = tuple[int, dict[str, Any]]


class ScriptedServer(ThreadingHTTPServer):
    """A server that returns a token for every login and canned responses in turn, repeating the last."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ScriptedHandler)
        self.responses: list[Response] = []
        self.seen: list[tuple[str, str, str | None]] = []

    def next_response(self) -> Response:
        return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]


class ScriptedHandler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def do_GET(self) -> None:
        if self.path == "/auth/token":
            self._respond((201, {"access_token": "secret"}))
            return
        self.server.seen.append((self.command, self.path, self.headers["Authorization"]))
        self._respond(self.server.next_response())

    do_POST = do_PATCH = do_GET  # noqa: N815

    def _respond(self, response: Response) -> None:
        status, body = response
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.fixture
def api(server: ScriptedServer) -> Iterator[AirflowApi]:
    api = AirflowApi(f"http://127.0.0.1:{server.server_port}", "admin")
    yield api
    api.close()


def test_calls_carry_the_token(server: ScriptedServer, api: AirflowApi):
    server.responses = [(200, {"dags": []})]

    api.dag_ids()

    assert server.seen == [("GET", "/api/v2/dags?limit=1000", "Bearer secret")]


@pytest.mark.parametrize(
    "busy",
    [(503, {"detail": "Database is locked."}), (500, {"detail": {"reason": "Database error"}})],
)
def test_call_is_repeated_while_database_is_locked(
    server: ScriptedServer, api: AirflowApi, busy: tuple[int, dict[str, object]]
):
    server.responses = [busy, (200, {"id": 7})]

    assert api.call("POST", "/api/v2/backfills", {}) == {"id": 7}


def test_dag_stays_paused_until_its_backfill_exists(server: ScriptedServer, api: AirflowApi):
    locked = (503, {"detail": "the database is locked"})
    server.responses = [locked, (200, {"id": 7}), (200, {})]

    assert api.create_backfill("d", datetime(2008, 2, 1, tzinfo=UTC), datetime(2008, 4, 1, tzinfo=UTC)) == 7

    calls = [(method, path) for method, path, _ in server.seen]
    assert calls == [*[("POST", "/api/v2/backfills")] * 2, ("PATCH", "/api/v2/dags/d")]


def test_error_contains_call_and_response(server: ScriptedServer, api: AirflowApi):
    server.responses = [(404, {"detail": "no such run"})]

    with pytest.raises(
        AirflowApiError, match=r"GET /api/v2/dags/d/dagRuns/r .* 404: .*no such run"
    ) as caught:
        api.run("d", "r")

    assert caught.value.status == 404


def test_log_shows_message_of_exception(server: ScriptedServer, api: AirflowApi):
    error = {"exc_type": "AirflowException", "exc_value": "job 'a' failed", "frames": []}
    lines = [{"event": "::group::Pre Execute"}, {"event": "Task failed", "error_detail": [error]}]
    server.responses = [(200, {"content": lines})]

    assert api.log("d", "r", "t") == "Task failed\nAirflowException: job 'a' failed"


def test_run_id_is_quoted(server: ScriptedServer, api: AirflowApi):
    server.responses = [(200, {"task_instances": []})]

    api.task_instances("d", "manual__2008-01-01T06:00:00+00:00")

    assert "/dagRuns/manual__2008-01-01T06%3A00%3A00%2B00%3A00/taskInstances" in server.seen[0][1]


def test_missing_dag_is_reported_with_import_errors(server: ScriptedServer, api: AirflowApi):
    error = {"filename": "a.yaml", "stack_trace": "a.yaml:3:1: E201"}
    server.responses = [(200, {"dags": [], "import_errors": [error]})]

    expected = r"DAG 'd' was not loaded in time\. Import errors: a\.yaml: a\.yaml:3:1"
    with pytest.raises(TimeoutError, match=expected):
        api.wait_for_dag("d", timeout_seconds=0)
