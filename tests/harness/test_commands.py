"""The commands in README.md and docs/demo.md: ``make demo``, ``make up`` and ``make down``."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from harness.stack import REPOSITORY
from harness.state_file import RunningStack, read_state

MONTHS = ("2008-01", "2008-02", "2008-03", "2008-04")
JOBS = ("clean", "process", "model", "store")


def demo(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", command, "--folder", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def processes_below(folder: Path) -> list[psutil.Process]:
    """Return the processes with a working directory in a folder; this includes all of the demo's."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@dataclass(frozen=True, slots=True)
class UpAndDown:
    """The results of the commands from ``up`` to ``down``."""

    up: subprocess.CompletedProcess[str]
    running: RunningStack
    second_up: subprocess.CompletedProcess[str]
    page: httpx.Response
    login: httpx.Response
    anonymous: httpx.Response
    down: subprocess.CompletedProcess[str]
    left: list[psutil.Process]
    second_down: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("up") / ".demo"
    yield folder
    demo("down", folder)


@pytest.fixture(scope="module")
def session(folder: Path) -> UpAndDown:
    up = demo("up", folder)
    assert up.returncode == 0, up.stderr
    running = read_state(folder / "state.json")
    assert running is not None
    credentials = {"username": running.user, "password": running.password}
    return UpAndDown(
        up=up,
        running=running,
        second_up=demo("up", folder),
        page=httpx.get(running.url, follow_redirects=True),
        login=httpx.post(f"{running.url}/auth/token", json=credentials),
        anonymous=httpx.get(f"{running.url}/api/v2/dags"),
        down=demo("down", folder),
        left=processes_below(folder),
        second_down=demo("down", folder),
    )


def test_up_prints_address_and_login(session: UpAndDown):
    last = session.up.stdout[-500:]

    assert session.running.url in last
    assert f"user {session.running.user}  password {session.running.password}" in last


def test_up_shows_the_ui(session: UpAndDown):
    assert session.page.status_code == 200
    assert "Airflow" in session.page.text


def test_only_printed_login_opens_airflow(session: UpAndDown):
    assert session.login.status_code == 201
    assert session.anonymous.status_code == 401


def test_second_up_fails_and_reports_running_demo(session: UpAndDown):
    assert session.second_up.returncode == 1
    assert (
        f"The demo is already running (5 of 5 processes): {session.running.url}" in session.second_up.stderr
    )
    assert "Use 'make down' to stop it" in session.second_up.stderr


def test_down_leaves_no_process_and_no_state(session: UpAndDown, folder: Path):
    assert session.down.stdout == "Stopped 5 processes.\n"
    assert session.left == []
    assert not (folder / "state.json").exists()


def test_down_succeeds_if_nothing_runs(session: UpAndDown):
    assert (session.second_down.returncode, session.second_down.stdout) == (0, "Nothing is running.\n")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / ".demo"


@pytest.fixture(scope="module")
def finished_run(run_folder: Path) -> subprocess.CompletedProcess[str]:
    return demo("run", run_folder)


def test_demo_succeeds_and_leaves_nothing(finished_run: subprocess.CompletedProcess[str], run_folder: Path):
    assert finished_run.returncode == 0, finished_run.stdout + finished_run.stderr
    assert processes_below(run_folder) == []
    assert list(run_folder.iterdir()) == []


def test_demo_shows_row_per_job_with_times_and_exit_code(
    finished_run: subprocess.CompletedProcess[str],
):
    row = r"^\s*{month}\s+{job}\s+[0-9a-f-]{{36}}\s+SUCCEEDED\s+(5 SUCCEEDED\s+)?\d+\.\d\s+\d+\.\d\s+0\s*$"

    for month in MONTHS:
        for job in JOBS:
            assert re.search(row.format(month=month, job=job), finished_run.stdout, re.MULTILINE), (
                month,
                job,
            )


def test_demo_shows_jobs_while_they_run(finished_run: subprocess.CompletedProcess[str]):
    for month in MONTHS:
        last_job = re.findall(
            rf"^{month}  store    [0-9a-f-]{{36}}  (\w+)$", finished_run.stdout, re.MULTILINE
        )

        assert last_job[0] != "SUCCEEDED"
        assert last_job[-1] == "SUCCEEDED"


def test_demo_shows_insights_of_each_month(finished_run: subprocess.CompletedProcess[str]):
    for month in MONTHS:
        assert (
            f"Insights of {month}  (s3://post-trade/post_trade/{month}/insights.json)" in finished_run.stdout
        )
