"""What Airflow's REST API says about runs and tasks."""

from datetime import UTC, datetime, timedelta

import pytest

from airflow_batch_provider.errors import AirflowApiError
from airflow_batch_provider.unwanted.airflow_api import AirflowApi, AirflowLogin
from tests.unwanted.airflow_server import serving

RUN = "manual__2026-01-01T00:00:00+00:00"


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def api(server):
    return AirflowApi(AirflowLogin(server.url))


def test_runs_that_have_ended_or_do_not_exist_want_no_jobs(server, api):
    server.add_run("etl", RUN, "queued")
    server.add_run("etl", "a/b", "failed")

    assert api.ended("etl", [RUN, "a/b", "gone"]) == {
        "a/b": "run 'a/b' has ended (failed)",
        "gone": "run 'gone' does not exist in Airflow",
    }
    assert api.known_dags == {"etl": True}


def test_dag_that_does_not_exist_wants_no_jobs(server, api):
    assert api.ended("etl", [RUN]) == {RUN: "DAG 'etl' does not exist in Airflow"}
    assert api.known_dags == {"etl": False}


@pytest.mark.parametrize(
    ("hours", "is_stale", "wants_none"), [(25, True, True), (23, True, False), (25, False, False)]
)
def test_dag_that_has_long_been_missing_from_its_files_wants_no_jobs(
    server, api, hours, is_stale, wants_none
):
    server.add_run("etl", RUN)
    parsed = datetime.now(UTC) - timedelta(hours=hours)
    server.dags["etl"] = {"is_stale": is_stale, "last_parsed_time": parsed.isoformat().replace("+00:00", "Z")}

    reasons = api.ended("etl", [RUN])

    since = f"{parsed:%Y-%m-%d %H:%M} UTC"
    expected = {RUN: f"DAG 'etl' has been missing from the DAG files since {since}"}
    assert reasons == (expected if wants_none else {})


def test_active_runs_are_listed_over_all_pages(server, api):
    server.page_size = 2
    for number in range(5):
        server.add_run("etl", f"run-{number}", "queued" if number % 2 else "running")
    server.add_run("etl", "ended", "success")
    server.add_run("other", "run-9")

    assert api.active_runs("etl") == [f"run-{number}" for number in range(5)]


def test_removed_tasks_are_found(server, api):
    server.page_size = 2
    for run_id in ("one", "two"):
        server.add_run("etl", run_id)
        for map_index in range(3):
            server.add_task("etl", run_id, "load", None if run_id == "one" else "removed", map_index)

    assert api.with_removed_tasks("etl", ["one", "two"]) == {"two"}
    assert api.task_states("etl", "one", [("load", 2), ("load", 3)]) == {("load", 2): None}
    assert api.task_states("etl", "two", [("load", 0)]) == {("load", 0): "removed"}


def test_user_logs_in_with_name_and_password(server):
    server.users = {"sweeper": "secret word"}

    AirflowApi(AirflowLogin(server.url, user="sweeper", password="secret word")).ended("etl", [])

    assert server.seen[1] == "POST /auth/token"


def test_token_needs_no_login(server):
    server.users = {"sweeper": "secret word"}

    AirflowApi(AirflowLogin(f"{server.url}/", token="secret")).ended("etl", [])

    assert "POST /auth/token" not in server.seen


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"/api/v2/version": (404, {"detail": "Not Found"})}, "check that the URL is that of Airflow's API"),
        ({"/api/v2/version": (200, b"<html>")}, "did not return JSON; check that the URL"),
        ({"/auth/token": (403, {"detail": "no"})}, "HTTP 403: no; set AIRFLOW_API_TOKEN, or"),
        (
            {"/api/v2/dags/etl": (403, {"detail": "Forbidden"})},
            "who may read all DAGs, runs and task instances",
        ),
        ({"/api/v2/dags/etl": (404, b"<html>")}, "check that the URL is that of Airflow's API server"),
        ({f"/api/v2/dags/etl/dagRuns/{RUN}": (404, {"message": "?"})}, "check that the URL is that of"),
        ({"/api/v2/dags/etl": (503, {"detail": "busy"})}, "returned HTTP 503: busy"),
    ],
    ids=str,
)
def test_answer_that_is_not_clear_is_an_error(server, override, message):
    server.add_run("etl", RUN)
    server.overrides = {
        path.replace(":", "%3A").replace("+", "%2B"): answer for path, answer in override.items()
    }

    with pytest.raises(AirflowApiError, match=message):
        AirflowApi(AirflowLogin(server.url)).ended("etl", [RUN])


def test_url_without_a_server_is_an_error():
    with serving() as server:
        url = server.url

    with pytest.raises(AirflowApiError, match="cannot be reached"):
        AirflowApi(AirflowLogin(url))


def test_url_without_a_scheme_is_an_error():
    with pytest.raises(AirflowApiError, match="write http://host:port"):
        AirflowApi(AirflowLogin("airflow:8080"))


def test_login_does_not_show_its_secrets():
    assert "hidden" not in repr(AirflowLogin("http://airflow", token="hidden", password="hidden"))
