"""The demo's three commands: run it, leave it running, stop it."""

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
from harness.process_tree import end_trees
from harness.progress import Progress
from harness.stack import Stack, make_stack
from harness.state_file import RunningStack, read_state, recorded, write_state
from harness.workflow import print_report, run_workflow

_PREFERRED_PORT = 8080
_GRACE_SECONDS = 5.0


class BusyError(RuntimeError):
    """The command can't be done now; the text says why and what to do."""


def run(folder: Path, console: Console) -> None:
    """Start everything, run the workflow, report, stop everything; the logs stay if it fails."""
    started = time.monotonic()
    folder.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    lifeline = Lifeline()
    stack = make_stack(home, lifeline=lifeline)
    try:
        _start(stack, console)
        _show_workflow(stack, console)
    except BaseException:
        console.print(f"The logs of all processes are in {home}.")
        raise
    finally:
        stack.stop()
        lifeline.release()
    shutil.rmtree(home)
    console.print(f"Done in {time.monotonic() - started:.0f} s; everything is stopped.")


def up(folder: Path, console: Console, *, with_workflow: bool = True) -> None:
    """Start everything, run the workflow, report, and leave everything running."""
    with _alone(folder):
        _refuse_if_running(folder)
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
    """Stop what ``up`` has left running; it is fine if that is nothing."""
    with _alone(folder):
        state = read_state(_state(folder))
        alive = state.alive() if state else []
        end_trees(alive, grace_seconds=_GRACE_SECONDS)
        _state(folder).unlink(missing_ok=True)
    console.print(f"Stopped {len(alive)} processes." if alive else "Nothing is running.")


def _start(stack: Stack, console: Console) -> None:
    console.print("Starting the local AWS Batch and Airflow …")
    stack.launch()
    stack.wait_ready(console.print)


def _show_workflow(stack: Stack, console: Console) -> None:
    with Progress(console) as progress:
        jobs = run_workflow(stack, progress)
    print_report(console, stack, jobs)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep two commands from starting and stopping at the same time."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError("Another 'make up' or 'make down' is at work; wait for it.") from None
    finally:
        os.close(descriptor)


def _refuse_if_running(folder: Path) -> None:
    state = read_state(_state(folder))
    if state is None:
        return
    if alive := state.alive():
        count = f"{len(alive)} of {len(state.processes)} processes"
        raise BusyError(
            f"It is up already ({count}): {state.url}, user {state.user}, password {state.password}. "
            "'make down' stops it."
        )
    _state(folder).unlink()


def _running(stack: Stack, password: str) -> RunningStack:
    return RunningStack(
        url=stack.airflow.url,
        user=ADMIN,
        password=password,
        batch_url=stack.batch.url,
        processes=recorded(stack.services),
    )


def _login(stack: Stack, password: str) -> str:
    return (
        f"Airflow    {stack.airflow.url}  user {ADMIN}  password {password}\n"
        f"AWS Batch  {stack.batch.url}  (export AWS_ENDPOINT_URL; any credentials)\n"
        "'make down' stops both."
    )


def _home(folder: Path) -> Path:
    return folder / "up"


def _state(folder: Path) -> Path:
    return folder / "state.json"
