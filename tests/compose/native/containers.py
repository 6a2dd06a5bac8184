"""
Run the services of `docker-compose.yaml` as local processes.

Each process gets its command and environment from the file. Only what isolates containers is replaced:
host names and ports by free ports on the loopback interface, volumes by folders, the image's folder by
the repository, and `AIRFLOW_HOME` by a folder for each container. `PostgresProcess` replaces the
startup script of the PostgreSQL image.
"""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from harness.lifeline import Lifeline
from harness.ports import LOOPBACK, free_ports
from harness.postgres import PostgresProcess
from harness.process_environment import inherited_environment
from harness.service import Command, Service, ServiceError, stop_all
from tests.compose.compose_file import REPOSITORY, ComposeService, in_start_order

IMAGE_FOLDER = "/opt/airflow-batch"
READY_SECONDS = 300
PORTS = {"postgres": 5432, "redis": 6379, "local-batch": 4566, "api-server": 8080, "scheduler": 8974}
"""The port of each service inside its container."""

OWN_PORTS = {
    "scheduler": "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT",
    "worker": "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "triggerer": "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
}
"""Settings of other ports, which may be equal in containers but must differ between local processes."""


@dataclass(frozen=True)
class Container:
    """One container, named after its service with a number."""

    name: str
    service: ComposeService
    command: Command
    health_check: list[str]

    def check_health(self) -> bool:
        """Run the service's health check once, as Docker does."""
        environment = dict(self.command.environment)
        done = subprocess.run(
            self.health_check,
            env=environment,
            cwd=self.command.folder,
            capture_output=True,
            check=False,
            timeout=READY_SECONDS,
        )
        return done.returncode == 0


@dataclass
class Containers:
    """All containers of a Compose file, started in dependency order."""

    services: Mapping[str, ComposeService]
    home: Path
    lifeline: Lifeline
    started: dict[str, Service] = field(default_factory=dict)
    exit_codes: dict[str, int] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self._ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.containers = {container.name: container for container in self._containers()}

    def __enter__(self) -> Containers:
        try:
            self._up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        stop_all(list(self.started.values())[::-1])
        self._stack.close()

    def port(self, service: str) -> int:
        return self._ports[service]

    def start(self, name: str) -> Service:
        """Start a container, or restart it after it was killed, as `restart: always` does."""
        self.started[name] = Service(self.containers[name].command, self.lifeline)
        return self.started[name]

    def secret(self, name: str) -> str:
        return (self._volume("secrets") / name).read_text()

    def wait_healthy(self, name: str) -> None:
        container = self.containers[name]
        self.started[name].wait_until(container.check_health, timeout_seconds=READY_SECONDS)

    def _up(self) -> None:
        for service in in_start_order(self.services):
            names = [name for name, container in self.containers.items() if container.service is service]
            for name in names:
                self._start_first(name)
            for name in names:
                self._await(name)

    def _start_first(self, name: str) -> None:
        container = self.containers[name]
        if container.command.arguments:
            self.start(name)
            return
        environment = container.command.environment
        postgres = PostgresProcess(
            self.lifeline,
            port=self.port("postgres"),
            owner=environment["POSTGRES_USER"],
            password_file=Path(environment["POSTGRES_PASSWORD_FILE"]),
        )
        self._stack.enter_context(postgres)

    def _await(self, name: str) -> None:
        container = self.containers[name]
        if container.service.is_one_shot:
            self._await_end(name)
        elif name in self.started:
            self.wait_healthy(name)
        elif not container.check_health():
            raise RuntimeError(f"{name} is not healthy")

    def _await_end(self, name: str) -> None:
        service = self.started.pop(name)
        deadline = time.monotonic() + READY_SECONDS
        while service.is_alive:
            if time.monotonic() > deadline:
                raise service.error("has not ended in time")
            time.sleep(0.1)
        self.exit_codes[name] = service.reap()
        if self.exit_codes[name]:
            raise ServiceError(f"{name} failed: {service.tail()}")

    def _containers(self) -> Iterator[Container]:
        for service in self.services.values():
            for number in range(1, service.replicas + 1):
                yield self._container(service, f"{service.name}-{number}")

    def _container(self, service: ComposeService, name: str) -> Container:
        folder = self.home / name
        folder.mkdir(parents=True)
        folders = self._folders(service, folder)
        port = self._ports.get(service.name)

        def to_local(text: str) -> str:
            for host, local_port in self._ports.items():
                text = re.sub(rf"\b(?<!-){host}:{PORTS[host]}\b", f"{LOOPBACK}:{local_port}", text)
            for container_folder, local_folder in folders.items():
                text = re.sub(rf"{container_folder}(?![\w-])", str(local_folder), text)
            if service.name in PORTS:
                text = re.sub(rf"\b{PORTS[service.name]}\b", str(port), text)
            return text.replace("0.0.0.0", LOOPBACK)

        environment = {key: to_local(value) for key, value in service.environment.items()}
        if service.name in OWN_PORTS:
            environment[OWN_PORTS[service.name]] = str(port or free_ports(1)[0])
        command = Command(
            name=name,
            arguments=[to_local(word) for word in service.command],
            environment={**inherited_environment(), "HOSTNAME": socket.gethostname(), **environment},
            folder=Path(to_local(service.definition.get("working_dir", str(folder)))),
            log=folder / "container.log",
        )
        return Container(name, service, command, [to_local(word) for word in service.health_check])

    def _folders(self, service: ComposeService, folder: Path) -> dict[str, Path]:
        """Map each folder of a container to a local folder, inner folders first."""
        mounted = {
            mount.target: self._volume(mount.source) if mount.is_volume else REPOSITORY / mount.source
            for mount in service.mounts
        }
        folders = {IMAGE_FOLDER: REPOSITORY, "/opt/airflow": folder, **mounted}
        return dict(sorted(folders.items(), key=lambda item: -len(item[0])))

    def _volume(self, name: str) -> Path:
        folder = self.home / "volumes" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
