"""The local AWS Batch and Airflow, started and stopped together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.account import set_up_account
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.service import Service

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """All processes of the demo."""

    batch: LocalBatchProcess
    airflow: AirflowProcesses

    @property
    def services(self) -> list[Service]:
        return [*self.batch.services, *self.airflow.services]

    def launch(self) -> None:
        """Start all processes; use ``wait_ready`` to wait for them."""
        self.batch.launch()
        self.airflow.launch()

    def wait_ready(self, report: Callable[[str], None]) -> None:
        """Wait for all processes, and create the AWS resources."""
        self.batch.wait_ready()
        report(f"The local AWS Batch is running at {self.batch.url}")
        set_up_account(self.batch.url, REPOSITORY / "dags" / "data" / "stocks.csv")
        self.airflow.wait_ready()
        report(f"Airflow is running at {self.airflow.url}")

    def stop(self) -> None:
        """Stop all processes and their descendants."""
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
    Return the demo's processes, not yet started, with the repository's DAGs.

    :param home: the folder for the database and all logs.
    :param lifeline: stops the processes when this one dies; ``None`` lets them keep running.
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
