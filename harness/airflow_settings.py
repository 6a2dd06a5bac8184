"""What a whole Airflow on one machine needs to be told, as environment variables."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.ports import LOOPBACK
from harness.process_environment import REGION, aws_environment, inherited_environment

ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowSettings:
    """
    One Airflow.

    :param home: becomes ``AIRFLOW_HOME``; the database and all logs go there.
    :param aws_endpoint_url: where the connection ``aws_default`` leads.
    :param admin_password: password of the user ``admin``; without one, everybody is an admin.
    :param environment: variables that take precedence over those below.
    :param triggerers: how many triggerers to start.
    :param parallelism: how many tasks the scheduler runs at a time.
    :param database_url: an empty database, as SQLAlchemy names it; SQLite in ``home`` without one.
    """

    home: Path
    dags_folder: Path
    aws_endpoint_url: str
    admin_password: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    triggerers: int = 1
    parallelism: int = 8
    database_url: str | None = None

    @property
    def database(self) -> Path:
        return self.home / "airflow.db"


def airflow_environment(settings: AirflowSettings, port: int, log_server_port: int) -> dict[str, str]:
    """Build the variables that all components share."""
    return {
        **inherited_environment(),
        **aws_environment(settings.aws_endpoint_url),
        "AIRFLOW_CONN_AWS_DEFAULT": aws_connection(settings.aws_endpoint_url),
        "AIRFLOW_HOME": str(settings.home),
        **_core(settings, port),
        **_access(settings),
        **_pace(),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_server_port),
        **settings.environment,
    }


def triggerer_environment(log_server_port: int) -> dict[str, str]:
    """Build what one triggerer has for itself: the API server fetches its logs from this port."""
    return {"AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(log_server_port)}


def aws_connection(endpoint_url: str) -> str:
    """Write an Airflow connection that leads to a local AWS Batch."""
    connection = {
        "conn_type": "aws",
        "login": "local",
        "password": "local",
        "extra": {"region_name": REGION, "endpoint_url": endpoint_url},
    }
    return json.dumps(connection)


def _core(settings: AirflowSettings, port: int) -> dict[str, str]:
    url = f"http://{LOOPBACK}:{port}"
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.dags_folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(settings.parallelism),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": settings.database_url or f"sqlite:///{settings.database}",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _access(settings: AirflowSettings) -> dict[str, str]:
    everybody = settings.admin_password is None
    return {
        "AIRFLOW__CORE__FERNET_KEY": _secret(32),
        "AIRFLOW__API__SECRET_KEY": _secret(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(64),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": str(everybody),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(settings)),
    }


def passwords_file(settings: AirflowSettings) -> Path:
    """Where Airflow's simple auth manager looks for passwords, as a JSON object."""
    return settings.home / "passwords.json"


def _pace() -> dict[str, str]:
    """
    Shorten Airflow's waits, which are meant for machines that run for months.

    A worker slot stays taken for up to ``min_heartbeat_interval`` after its task has ended,
    because the supervisor then waits for sockets that are closed already.
    """
    return {
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__BATCH_PROVIDER__POLL_INTERVAL_SECONDS": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "3",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
    }


def _secret(size: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).decode()
