"""
Create or update ``.venv`` from the pinned constraints; return quickly if it is up to date.

Runs before anything is installed, so it uses only the standard library.
"""

from __future__ import annotations

import configparser
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_VERSION = "{}.{}".format(*sys.version_info)


def install(repository: Path) -> None:
    """Update ``.venv`` to match the pinned versions and the requirements in ``setup.cfg``."""
    stamp = repository / ".venv" / ".stamp"
    with _lock(repository):
        wanted = fingerprint(repository)
        present = stamp.read_text() if stamp.exists() else ""
        if present == wanted:
            return
        stamp.unlink(missing_ok=True)
        is_update = present.startswith(f"{_VERSION} ")
        for command in _commands(repository, is_update=is_update):
            run(command, repository)
        stamp.write_text(wanted)
        _log(f".venv is ready: Python {_VERSION}, {constraints(repository).relative_to(repository)}")


def fingerprint(repository: Path) -> str:
    """Identify an environment by Python version, pins, and the packaging part of ``setup.cfg``."""
    setup = configparser.ConfigParser()
    setup.read(repository / "setup.cfg")
    packaging = {name: dict(setup[name]) for name in setup if name.startswith(("metadata", "options"))}
    digest = hashlib.sha256(constraints(repository).read_bytes())
    digest.update(repr(packaging).encode())
    digest.update(str(repository).encode())
    return f"{_VERSION} {digest.hexdigest()}"


def constraints(repository: Path) -> Path:
    """Return the path of the pins for the current Python version."""
    return repository / "constraints" / f"py{_VERSION.replace('.', '')}.txt"


@contextlib.contextmanager
def _lock(repository: Path) -> Iterator[None]:
    """Lock the environment: concurrent ``make`` commands wait for each other."""
    descriptor = os.open(repository, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _commands(repository: Path, *, is_update: bool) -> list[list[str]]:
    environment = repository / ".venv"
    install = install_command(environment, "-c", str(constraints(repository)), "-e", f"{repository}[dev]")
    _log(f"{'Updating' if is_update else 'Creating'} .venv with {'uv' if _uv() else 'pip'}…")
    if is_update:
        return [install]
    shutil.rmtree(environment, ignore_errors=True)
    return [create_command(environment, str(Path(sys.executable).resolve())), install]


def create_command(environment: Path, base: str) -> list[str]:
    """Return the command that creates an empty environment, with uv if it is installed."""
    uv = _uv()
    create = [uv, "venv", "--quiet", "--python", base] if uv else [base, "-m", "venv"]
    return [*create, str(environment)]


def install_command(environment: Path, *requirements: str) -> list[str]:
    """Return the command that installs requirements into an environment."""
    python = str(environment / "bin" / "python")
    uv = _uv()
    if uv:
        return [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *requirements]
    return [python, "-m", "pip", "install", "--quiet", *requirements]


def _uv() -> str | None:
    return shutil.which("uv")


def run(command: list[str], repository: Path) -> None:
    """Run a command; exit with an error message if it fails."""
    settings = {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, cwd=repository, env={**os.environ, **settings}, check=False)
    if done.returncode:
        sys.exit(f"Cannot set up .venv: '{' '.join(command)}' failed with exit code {done.returncode}.")


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    install(Path(sys.argv[1]))
