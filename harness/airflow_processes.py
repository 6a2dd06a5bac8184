"""Run Airflow as processes: API server, scheduler, DAG processor and triggerers."""

from __future__ import annotations

import functools
import json
import sys

import httpx

from harness.airflow_api import AirflowApi, AirflowApiError
from harness.airflow_database import create_database, migrate
from harness.airflow_settings import (
    ADMIN,
    AirflowSettings,
    airflow_environment,
    passwords_file,
    triggerer_environment,
)
from harness.lifeline import Lifeline
from harness.ports import LOOPBACK, free_ports
from harness.service import Command, Service, ServiceGroup, stop_all

API_SERVER = "api-server"
SCHEDULER = "scheduler"
DAG_PROCESSOR = "dag-processor"
TRIGGERER = "triggerer"

_READY_SECONDS = 120
# A triggerer would wait ten seconds for sockets that are already closed, although its runner has ended.
_GRACE_SECONDS = 4.0


class AirflowProcesses(ServiceGroup):
    """
    Airflow with LocalExecutor, on SQLite unless the settings specify another database.

    :param lifeline: stops Airflow when this process dies; ``None`` lets it keep running.
    :param port: the port of the API server; a free port by default.
    """

    def __init__(
        self,
        settings: AirflowSettings,
        *,
        lifeline: Lifeline | None = None,
        port: int | None = None,
    ) -> None:
        free, logs, *self._triggerer_ports = free_ports(2 + settings.triggerers)
        self.settings = settings
        self.port = port or free
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.environment = airflow_environment(settings, self.port, logs)
        self.api = AirflowApi(self.url, ADMIN, settings.admin_password)
        self._lifeline = lifeline
        self._services: dict[str, Service] = {}

    @property
    def services(self) -> list[Service]:
        return list(self._services.values())

    def launch(self) -> None:
        """Create the database and start all processes; use ``wait_ready`` to wait for them."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        if self.settings.admin_password is not None:
            passwords = {ADMIN: self.settings.admin_password}
            passwords_file(self.settings).write_text(json.dumps(passwords))
        if self.settings.database_url is None:
            create_database(self.settings.database, self.environment)
        else:
            migrate(self.environment)
        for name in [API_SERVER, SCHEDULER, DAG_PROCESSOR, *self._triggerer_names()]:
            self.start(name)

    def wait_ready(self) -> None:
        """Wait until the API responds and every component has sent a heartbeat."""
        api_is_healthy = functools.partial(self._is_healthy, "metadatabase")
        self.service(API_SERVER).wait_until(api_is_healthy, timeout_seconds=_READY_SECONDS)
        self.service(API_SERVER).wait_until(self._execution_api_is_healthy, timeout_seconds=_READY_SECONDS)
        for name in [SCHEDULER, DAG_PROCESSOR, TRIGGERER]:
            is_healthy = functools.partial(self._is_healthy, name.replace("-", "_"))
            self.service(name).wait_until(is_healthy, timeout_seconds=_READY_SECONDS)

    def service(self, name: str) -> Service:
        """Return a process by its component's name; additional triggerers are ``triggerer-2`` and so on."""
        return self._services[name]

    def start(self, name: str) -> Service:
        """Start one process, or restart it after it was stopped or killed."""
        environment = dict(self.environment)
        if name in self._triggerer_names():
            port = self._triggerer_ports[self._triggerer_names().index(name)]
            environment |= triggerer_environment(port)
        command = Command(
            name=name,
            arguments=[sys.executable, "-m", "airflow", TRIGGERER if name.startswith(TRIGGERER) else name],
            environment=environment,
            folder=self.settings.home,
            log=self.settings.home / f"{name}.log",
        )
        self._services[name] = Service(command, self._lifeline)
        return self._services[name]

    def check_alive(self) -> None:
        """Raise ServiceError with the end of the log if a process has ended unexpectedly."""
        for service in self.services:
            if not service.is_alive:
                raise service.error("ended unexpectedly")

    def stop(self) -> None:
        """Stop all processes and their descendants."""
        self.api.close()
        stop_all(self.services[::-1], grace_seconds=_GRACE_SECONDS)
        self._services = {}

    def _triggerer_names(self) -> list[str]:
        more = [f"{TRIGGERER}-{number}" for number in range(2, 1 + self.settings.triggerers)]
        return [TRIGGERER, *more]

    def _is_healthy(self, component: str) -> bool:
        try:
            return self.api.health().get(component) == "healthy"
        except (httpx.TransportError, AirflowApiError):
            return False

    def _execution_api_is_healthy(self) -> bool:
        try:
            return self.api.execution_api_is_healthy()
        except (httpx.TransportError, AirflowApiError):
            return False
