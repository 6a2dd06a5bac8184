"""The file that records the processes of ``make up``."""

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.state_file import RecordedProcess, RunningStack, read_state, write_state


@pytest.fixture
def this_process() -> RecordedProcess:
    return RecordedProcess("pytest", os.getpid(), psutil.Process().create_time())


def stack_of(*processes: RecordedProcess) -> RunningStack:
    return RunningStack(
        url="http://127.0.0.1:8080",
        user="admin",
        password="secret",
        batch_url="http://127.0.0.1:4000",
        processes=processes,
    )


def test_written_state_can_be_read(tmp_path: Path, this_process: RecordedProcess):
    written = stack_of(this_process)

    write_state(tmp_path / "state.json", written)

    assert read_state(tmp_path / "state.json") == written


def test_state_file_is_readable_only_by_owner(tmp_path: Path):
    write_state(tmp_path / "state.json", stack_of())

    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0


def test_running_process_is_found(this_process: RecordedProcess):
    assert [found.pid for found in stack_of(this_process).alive()] == [os.getpid()]


def test_other_process_with_same_id_is_ignored(this_process: RecordedProcess):
    earlier = replace(this_process, started=this_process.started - 60)

    assert stack_of(earlier).alive() == []
