"""The passwords and keys that `docker-compose.yaml` generates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.compose.compose_file import REPOSITORY

FOLDERS = ("airflow", "postgres", "redis")


def generate(home: Path) -> dict[str, str]:
    """Generate secrets in three folders and return the text of each file."""
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(REPOSITORY / "docker" / "generate_secrets.py")]
    command += [f"--{folder}={home / folder}" for folder in FOLDERS]
    command += ["--database-host=postgres:5432", "--broker-host=redis:6379"]
    subprocess.run(command, check=True)
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    return generate(tmp_path / "one")


def test_clients_and_servers_share_passwords(secrets: dict[str, str]) -> None:
    database = f"airflow:{secrets['postgres/password']}@postgres:5432/airflow"

    assert secrets["airflow/database_url"] == f"postgresql+psycopg2://{database}"
    assert secrets["airflow/result_backend"] == f"db+postgresql+psycopg2://{database}"
    assert secrets["airflow/broker_url"] == f"redis://:{secrets['redis/password']}@redis:6379/0"
    assert secrets["redis/redis.conf"] == f"requirepass {secrets['redis/password']}\n"
    assert json.loads(secrets["airflow/passwords.json"]) == {"admin": secrets["airflow/admin_password"]}


def test_fernet_key_is_valid(secrets: dict[str, str]) -> None:
    fernet = Fernet(secrets["airflow/fernet_key"])

    assert fernet.decrypt(fernet.encrypt(b"text")) == b"text"


def test_second_start_keeps_secrets(tmp_path: Path, secrets: dict[str, str]) -> None:
    assert generate(tmp_path / "one") == secrets


def test_each_installation_has_its_own_secrets(tmp_path: Path, secrets: dict[str, str]) -> None:
    other = generate(tmp_path / "other")

    assert secrets.keys() == other.keys()
    assert [name for name in secrets if secrets[name] == other[name]] == []
