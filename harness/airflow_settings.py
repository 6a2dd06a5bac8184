"""Configure Airflow on one machine through environment variables."""

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
    The settings of one Airflow deployment.

    :param home: ``AIRFLOW_HOME``, the folder of the database and all logs.
    :param aws_endpoint_url: the endpoint of the connection ``aws_default``.
    :param admin_password: the password of the user ``admin``; if None, all users are admins.
    :param environment: variables that override those below.
    :param triggerers: the number of triggerers.
    :param parallelism: the maximum number of concurrent tasks.
    :param database_url: the SQLAlchemy URL of an empty database; by default SQLite in ``home``.
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
    """Return the variables that all components share."""
    return {
        **inherited_environment(),
        **aws_environment(settings.aws_endpoint_url),
        "AIRFLOW_CONN_AWS_DEFAULT": aws_connection(settings.aws_endpoint_url),
        "AIRFLOW_HOME": str(settings.home),
        **_core(settings, port),
        **_auth_settings(settings),
        **_short_intervals(),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_server_port),
        **settings.environment,
    }


def triggerer_environment(log_server_port: int) -> dict[str, str]:
    """Return the variables of one triggerer: the API server reads its logs from this port."""
    return {"AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(log_server_port)}


def aws_connection(endpoint_url: str) -> str:
    """Return an Airflow connection to a local AWS Batch, as JSON."""
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
        "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000",  # as many as AirflowApi asks for
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _auth_settings(settings: AirflowSettings) -> dict[str, str]:
    all_are_admins = settings.admin_password is None
    return {
        "AIRFLOW__CORE__FERNET_KEY": _secret(32),
        "AIRFLOW__API__SECRET_KEY": _secret(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(64),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": str(all_are_admins),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(settings)),
    }


def passwords_file(settings: AirflowSettings) -> Path:
    """Return the path of the JSON file from which Airflow's simple auth manager reads passwords."""
    return settings.home / "passwords.json"


def _short_intervals() -> dict[str, str]:
    """
    Return shorter intervals than Airflow's defaults, which suit long-running deployments.

    A worker slot stays occupied for up to ``min_heartbeat_interval`` after its task has ended,
    because the supervisor waits for sockets that are already closed.
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
