"""Runs the server as a separate program, like docs/local-batch.md."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server as a program with its temporary files in ``folder``."""
    command = [sys.executable, "-m", "airflow_batch_provider.local", "--port", "0", *arguments]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with (folder / "stderr").open("w") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
