"""Starting, watching and stopping processes with all their descendants."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.process_tree import is_alive
from harness.service import Command, Service, ServiceError, stop_all
from harness.stack import REPOSITORY

SLEEP = "import time; print('ready', flush=True); time.sleep(600)"
# The child runs in its own session, like Airflow's tasks and the local AWS Batch's jobs.
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""
IGNORE_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
OWNER = """
import sys, time
from harness.lifeline import Lifeline
Lifeline().watch(int(sys.argv[1]))
print("watching", flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Service]]:
    started: list[Service] = []

    def start_python(code: str) -> Service:
        command = Command(
            name="thing",
            arguments=[sys.executable, "-c", code],
            environment=dict(os.environ),
            folder=tmp_path,
            log=tmp_path / "thing.log",
        )
        started.append(Service(command, lifeline=None))
        return started[-1]

    yield start_python
    stop_all(started, grace_seconds=0)


def wait_for_end(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 20
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(process)


def child_of(service: Service) -> psutil.Process:
    service.wait_until(lambda: "ready" in service.output, timeout_seconds=20)
    return psutil.Process(int(service.output.splitlines()[0]))


def test_stop_ends_child_in_another_session(start: Callable[[str], Service]):
    service = start(PARENT)
    child = child_of(service)

    service.stop()

    assert not service.is_alive
    assert wait_for_end(child)


def test_process_that_ignores_sigterm_is_killed_after_grace_period(start: Callable[[str], Service]):
    service = start(IGNORE_SIGTERM + SLEEP)
    service.wait_until(lambda: "ready" in service.output, timeout_seconds=20)

    stop_all([service], grace_seconds=0.2)

    assert service.reap() == -signal.SIGKILL


def test_error_of_process_that_ends_early_contains_its_log(start: Callable[[str], Service]):
    service = start("import sys; print('no such database'); sys.exit(3)")

    with pytest.raises(ServiceError, match=r"(?s)thing .* exit code 3 .*no such database"):
        service.wait_until(lambda: False, timeout_seconds=20)


def test_wait_for_process_that_is_never_ready_times_out(start: Callable[[str], Service]):
    service = start(SLEEP)

    with pytest.raises(ServiceError, match=r"was not ready after 0\.2 s"):
        service.wait_until(lambda: False, timeout_seconds=0.2)


def test_output_excludes_log_of_earlier_process(start: Callable[[str], Service]):
    first = start("print('ready')")
    first.reap()

    second = start("import time; time.sleep(600)")

    assert "ready" in first.output
    assert second.output == ""


def test_registered_process_ends_when_owner_is_killed(start: Callable[[str], Service]):
    child = child_of(start(PARENT))
    watched = child.parent()
    assert watched is not None
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(watched.pid)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
    )
    assert owner.stdout is not None
    owner.stdout.readline()

    owner.kill()
    owner.communicate()

    assert wait_for_end(watched)
    assert wait_for_end(child)
