"""
Virtual environments beside that of the project, each with the pins of a file.

The AWS CLI and aiobotocore each allow few versions of botocore, and not the newest: they can't live
with what the project itself is tested against. The command line must live without Airflow.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PINS = REPOSITORY / "constraints"
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True)
class PinnedEnvironment:
    """A virtual environment with pinned packages."""

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def aws(self) -> str:
        return str(self.folder / "bin" / "aws")

    @property
    def packages(self) -> str:
        """The folder of its modules; a Python with this folder first on its path uses its botocore."""
        return str(self.folder / "lib" / f"python{VERSION}" / "site-packages")


def pinned_environment(name: str) -> PinnedEnvironment:
    """
    Return an environment; it is made when it is needed for the first time, and when pins change.

    :param name: of a file of pins in ``constraints``.
    """
    pins = PINS / f"{name}.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    folder = REPOSITORY / ".venvs" / f"{name}-{VERSION}-{digest}"
    with _lock(folder.parent):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            for command in _commands(folder, pins):
                _run(command)
            (folder / "complete").touch()
    return PinnedEnvironment(folder)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _commands(folder: Path, pins: Path) -> list[list[str]]:
    python, uv = str(folder / "bin" / "python"), shutil.which("uv")
    if uv:
        install = [uv, "pip", "install", "--quiet", "--python", python, "--requirement", str(pins)]
        return [[uv, "venv", "--quiet", "--python", sys.executable, str(folder)], install]
    install = [python, "-m", "pip", "install", "--quiet", "--requirement", str(pins)]
    return [[sys.executable, "-m", "venv", str(folder)], install]


def _run(command: list[str]) -> None:
    settings = {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(command, env={**os.environ, **settings}, check=True)
