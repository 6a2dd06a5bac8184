"""Run a temporary PostgreSQL server, for Airflow with several schedulers and triggerers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from harness.lifeline import Lifeline
from harness.ports import LOOPBACK, free_port
from harness.process_environment import inherited_environment
from harness.service import Command, Service, ServiceGroup, stop_all

_USER: Final = "postgres"
_DEBIAN: Final = Path("/usr/lib/postgresql")
_READY_SECONDS: Final = 60


class PostgresProcess(ServiceGroup):
    """
    PostgreSQL with a database ``airflow`` in a temporary folder.

    Requires the server's programs, for example from Debian's package ``postgresql``. PostgreSQL
    refuses to run as root; if this process is root, the server runs as user ``postgres``.

    :param lifeline: stops the server when this process dies.
    :param port: the port to listen on; a free port by default.
    :param owner: the database user with all privileges.
    :param password_file: contains the owner's password; without it, no password is required.
    """

    def __init__(
        self,
        lifeline: Lifeline | None = None,
        *,
        port: int | None = None,
        owner: str = _USER,
        password_file: Path | None = None,
    ) -> None:
        self._port = port or free_port()
        self._owner = owner
        self._password_file = password_file
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._user = _USER if os.geteuid() == 0 else None
        self._lifeline = lifeline
        self._services: list[Service] = []

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database if no password is required."""
        return f"postgresql+psycopg2://{self._owner}@{LOOPBACK}:{self._port}/airflow"

    def stop(self) -> None:
        """Stop the server and delete its data."""
        stop_all(self._services)
        self._services = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def launch(self) -> None:
        """Create the database cluster and start the server."""
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        self._run(
            "initdb", "--pgdata", str(data), "--username", self._owner, "--no-sync", *self._auth_options()
        )
        command = Command(
            name="postgres",
            arguments=[
                *[_program("postgres"), "-D", str(data), "-p", str(self._port), "-k", str(self._folder)],
                *["-c", f"listen_addresses={LOOPBACK}", "-c", "fsync=off", "-c", "max_connections=300"],
            ],
            environment=inherited_environment(),
            folder=self._folder,
            log=self._folder / "server.log",
            user=self._user,
        )
        self._services = [Service(command, self._lifeline)]

    def wait_ready(self) -> None:
        """Wait until the server accepts connections, and create the database."""
        [service] = self._services
        service.wait_until(self._is_ready, timeout_seconds=_READY_SECONDS)
        socket = ["--host", str(self._folder), "--port", str(self._port), "--username", self._owner]
        self._run("createdb", *socket, "airflow")

    def _auth_options(self) -> list[str]:
        """Return the authentication options; the socket's folder is private, so local users are trusted."""
        if self._password_file is None:
            return ["--auth", "trust"]
        readable = self._folder / "password"
        shutil.copyfile(self._password_file, readable)
        if self._user is not None:
            shutil.chown(readable, self._user)
        return ["--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", str(readable)]

    def _is_ready(self) -> bool:
        command = [_program("pg_isready"), "--host", LOOPBACK, "--port", str(self._port), "--quiet"]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments],
            cwd=self._folder,
            user=self._user,
            env=inherited_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


def _program(name: str) -> str:
    """Return the path of a PostgreSQL program; Debian installs the server's outside the PATH."""
    if found := shutil.which(name):
        return found
    for folder in sorted(_DEBIAN.glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    raise FileNotFoundError(f"PostgreSQL's program '{name}' was not found; install the package postgresql")
