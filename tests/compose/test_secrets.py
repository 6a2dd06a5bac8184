"""The passwords and keys that `docker-compose.yaml` has drawn."""

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
    """Run the program on three folders; return all that they hold."""
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(REPOSITORY / "docker" / "generate_secrets.py")]
    command += [f"--{folder}={home / folder}" for folder in FOLDERS]
    command += ["--database-host=postgres:5432", "--broker-host=redis:6379"]
    subprocess.run(command, check=True)
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


@pytest.fixture
def drawn(tmp_path: Path) -> dict[str, str]:
    return generate(tmp_path / "one")


def test_each_side_has_the_same_password(drawn: dict[str, str]) -> None:
    database = f"airflow:{drawn['postgres/password']}@postgres:5432/airflow"

    assert drawn["airflow/database_url"] == f"postgresql+psycopg2://{database}"
    assert drawn["airflow/result_backend"] == f"db+postgresql+psycopg2://{database}"
    assert drawn["airflow/broker_url"] == f"redis://:{drawn['redis/password']}@redis:6379/0"
    assert drawn["redis/redis.conf"] == f"requirepass {drawn['redis/password']}\n"
    assert json.loads(drawn["airflow/passwords.json"]) == {"admin": drawn["airflow/admin_password"]}


def test_the_fernet_key_is_one(drawn: dict[str, str]) -> None:
    fernet = Fernet(drawn["airflow/fernet_key"])

    assert fernet.decrypt(fernet.encrypt(b"text")) == b"text"


def test_a_second_start_keeps_them(tmp_path: Path, drawn: dict[str, str]) -> None:
    assert generate(tmp_path / "one") == drawn


def test_another_installation_has_others(tmp_path: Path, drawn: dict[str, str]) -> None:
    other = generate(tmp_path / "other")

    assert drawn.keys() == other.keys()
    assert [name for name in drawn if drawn[name] == other[name]] == []
