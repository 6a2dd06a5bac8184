"""The demo's commands: run, up (keep it running) and down (stop it)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from harness.airflow_settings import ADMIN
from harness.lifeline import Lifeline
from harness.ports import free_port
from harness.process_tree import terminate_trees
from harness.progress import Progress
from harness.stack import Stack, make_stack
from harness.state_file import RunningStack, read_state, record_processes, write_state
from harness.workflow import print_report, run_workflow

_PREFERRED_PORT = 8080
_GRACE_SECONDS = 5.0


class BusyError(RuntimeError):
    """The command cannot run now; the message says why and what to do."""


def run(folder: Path, console: Console) -> None:
    """Start Airflow and AWS Batch, run the workflow, print a report, stop; keep the logs on failure."""
    started = time.monotonic()
    folder.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    lifeline = Lifeline()
    stack = make_stack(home, lifeline=lifeline)
    try:
        _start(stack, console)
        _show_workflow(stack, console)
    except BaseException:
        console.print(f"See the logs of all processes in {home}.")
        raise
    finally:
        stack.stop()
        lifeline.release()
    shutil.rmtree(home)
    console.print(f"Done in {time.monotonic() - started:.0f} s. All processes are stopped.")


def up(folder: Path, console: Console, *, with_workflow: bool = True) -> None:
    """Start Airflow and AWS Batch, run the workflow, print a report, and keep everything running."""
    with _exclusive_lock(folder):
        _raise_if_running(folder)
        shutil.rmtree(_home(folder), ignore_errors=True)
        password = secrets.token_urlsafe(12)
        port = free_port(_PREFERRED_PORT)
        stack = make_stack(_home(folder), lifeline=None, admin_password=password, port=port)
        try:
            _start(stack, console)
            write_state(_state(folder), _running(stack, password))
        except BaseException:
            stack.stop()
            raise
    try:
        if with_workflow:
            _show_workflow(stack, console)
    finally:
        console.print(_login(stack, password))


def down(folder: Path, console: Console) -> None:
    """Stop the processes that ``up`` started, if any."""
    with _exclusive_lock(folder):
        state = read_state(_state(folder))
        alive = state.alive() if state else []
        terminate_trees(alive, grace_seconds=_GRACE_SECONDS)
        _state(folder).unlink(missing_ok=True)
    console.print(f"Stopped {len(alive)} processes." if alive else "Nothing is running.")


def _start(stack: Stack, console: Console) -> None:
    console.print("Starting the local AWS Batch and Airflow…")
    stack.launch()
    stack.wait_ready(console.print)


def _show_workflow(stack: Stack, console: Console) -> None:
    with Progress(console) as progress:
        jobs = run_workflow(stack, progress)
    print_report(console, stack, jobs)


@contextlib.contextmanager
def _exclusive_lock(folder: Path) -> Iterator[None]:
    """Prevent two commands from starting or stopping processes at the same time."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError("Another 'make up' or 'make down' is running; wait until it has finished.") from None
    finally:
        os.close(descriptor)


def _raise_if_running(folder: Path) -> None:
    state = read_state(_state(folder))
    if state is None:
        return
    if alive := state.alive():
        count = f"{len(alive)} of {len(state.processes)} processes"
        raise BusyError(
            f"The demo is already running ({count}): {state.url}, user {state.user}, "
            f"password {state.password}. Use 'make down' to stop it."
        )
    _state(folder).unlink()


def _running(stack: Stack, password: str) -> RunningStack:
    return RunningStack(
        url=stack.airflow.url,
        user=ADMIN,
        password=password,
        batch_url=stack.batch.url,
        processes=record_processes(stack.services),
    )


def _login(stack: Stack, password: str) -> str:
    return (
        f"Airflow    {stack.airflow.url}  user {ADMIN}  password {password}\n"
        f"AWS Batch  {stack.batch.url}  (export AWS_ENDPOINT_URL; any credentials)\n"
        "Use 'make down' to stop both."
    )


def _home(folder: Path) -> Path:
    return folder / "up"


def _state(folder: Path) -> Path:
    return folder / "state.json"
