"""Run the local AWS Batch as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.lifeline import Lifeline
from harness.ports import LOOPBACK, free_port
from harness.process_environment import inherited_environment
from harness.service import Command, Service, ServiceGroup

_READY_SECONDS = 60


class LocalBatchProcess(ServiceGroup):
    """
    ``airflow-batch local`` as a process.

    :param home: the folder for its log.
    :param python_path: folders whose modules the jobs can import.
    :param control: enable the control API: faults, scripts, the clock.
    :param port: the port to listen on; a free port by default.
    :param lifeline: stops the server when this process dies; ``None`` lets it keep running.
    """

    def __init__(
        self,
        home: Path,
        *,
        runner: str = "process",
        python_path: Sequence[Path] = (),
        control: bool = False,
        port: int | None = None,
        lifeline: Lifeline | None = None,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._arguments = [sys.executable, "-m", "airflow_batch_provider.local"]
        self._arguments += ["--port", str(self.port), "--runner", runner]
        if control:
            self._arguments.append("--control")
        if python_path:
            self._arguments += ["--python-path", os.pathsep.join(map(str, python_path))]
        self._home = home
        self._lifeline = lifeline
        self.services: list[Service] = []

    def launch(self) -> None:
        """Start the process; use ``wait_ready`` to wait for it."""
        self._home.mkdir(parents=True, exist_ok=True)
        command = Command(
            name="local AWS Batch",
            arguments=self._arguments,
            environment=inherited_environment(),
            folder=self._home,
            log=self._home / "local-batch.log",
        )
        self.services = [Service(command, self._lifeline)]

    def wait_ready(self) -> None:
        """Wait until the server listens; raise ServiceError with the end of its log if it does not."""
        [service] = self.services
        announcement = f"listening on {self.url}"
        service.wait_until(lambda: announcement in service.output, timeout_seconds=_READY_SECONDS)

    def stop(self) -> None:
        """Stop the server and all jobs that it runs."""
        for service in self.services:
            service.stop()
        self.services = []
