"""
Generate the passwords and keys of ``docker-compose.yaml`` in its volumes, each only once.

Existing secrets are kept, so that the volumes still match after a restart.
``docker compose down --volumes`` deletes them together with the database.
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
from pathlib import Path


def generate(airflow: Path, postgres: Path, redis: Path, database_host: str, broker_host: str) -> None:
    """
    Write the secrets to three folders, one for each kind of container.

    :param airflow: for the Airflow containers: keys, passwords, and URLs that contain passwords.
    :param postgres: for the PostgreSQL container: the password of its user ``airflow``.
    :param redis: for the Redis container: its configuration.
    :param database_host: ``host:port`` of PostgreSQL.
    :param broker_host: ``host:port`` of Redis.
    """
    database_password = _read_or_create(postgres / "password")
    broker_password = _read_or_create(redis / "password")
    # Redis runs as a user that is unknown here, so a separate volume protects the file, not its mode.
    _write(redis / "redis.conf", f"requirepass {broker_password}\n")
    database = f"airflow:{database_password}@{database_host}/airflow"
    _write(airflow / "database_url", f"postgresql+psycopg2://{database}")
    _write(airflow / "result_backend", f"db+postgresql+psycopg2://{database}")
    _write(airflow / "broker_url", f"redis://:{broker_password}@{broker_host}/0")
    _read_or_create(airflow / "fernet_key", _fernet_key())
    _read_or_create(airflow / "api_secret_key")
    _read_or_create(airflow / "jwt_secret", secrets.token_urlsafe(64))
    admin_password = _read_or_create(airflow / "admin_password", secrets.token_urlsafe(12))
    _write(airflow / "passwords.json", json.dumps({"admin": admin_password}))


def _read_or_create(path: Path, secret: str | None = None) -> str:
    """Return the secret in the file; create the file if it is missing, by default with 32 random bytes."""
    if not path.exists():
        _write(path, secret or secrets.token_urlsafe(32))
    return path.read_text()


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _write(path: Path, text: str) -> None:
    """Write atomically, so that stopping the container cannot leave a partial password."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text)
    unfinished.replace(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Generate the passwords and keys of docker-compose.yaml.")
    for name in ("airflow", "postgres", "redis"):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER")
    for name in ("database-host", "broker-host"):
        parser.add_argument(f"--{name}", required=True, metavar="HOST:PORT")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    generate(given.airflow, given.postgres, given.redis, given.database_host, given.broker_host)
