"""The local AWS Batch, its account and Airflow, as one thing that starts and stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.account import create_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.service import Service

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Everything that the demo runs."""

    batch: LocalBatchProcess
    airflow: AirflowProcesses

    @property
    def services(self) -> list[Service]:
        return [*self.batch.services, *self.airflow.services]

    def launch(self) -> None:
        """Start all processes at once; they are ready only after ``wait_ready``."""
        self.batch.launch()
        self.airflow.launch()

    def wait_ready(self, say: Callable[[str], None]) -> None:
        """Wait for all processes, and fill the account meanwhile."""
        self.batch.wait_ready()
        say(f"local AWS Batch listens on {self.batch.url}")
        create_account(self.batch.url, REPOSITORY / "dags" / "data" / "stocks.csv")
        self.airflow.wait_ready()
        say(f"Airflow listens on {self.airflow.url}")

    def stop(self) -> None:
        """Stop all processes with everything that they started."""
        self.airflow.stop()
        self.batch.stop()


def make_stack(
    home: Path,
    *,
    lifeline: Lifeline | None,
    admin_password: str | None = None,
    port: int | None = None,
) -> Stack:
    """
    Arrange the demo's processes on the repository's DAGs.

    :param home: a folder for the database and all logs.
    :param lifeline: ends all when this process dies; ``None`` lets them live on.
    """
    dags = REPOSITORY / "dags"
    batch = LocalBatchProcess(home, python_path=[dags / "programs"], lifeline=lifeline)
    settings = AirflowSettings(
        home=home,
        dags_folder=dags,
        aws_endpoint_url=batch.url,
        admin_password=admin_password,
    )
    return Stack(batch=batch, airflow=AirflowProcesses(settings, lifeline=lifeline, port=port))
