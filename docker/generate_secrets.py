"""
Draw the passwords and keys of ``docker-compose.yaml`` into its volumes, each only once.

What was drawn stays, so that the volumes still fit each other after a restart.
``docker compose down --volumes`` forgets them together with the database.
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
from pathlib import Path


def generate(airflow: Path, postgres: Path, redis: Path, database_host: str, broker_host: str) -> None:
    """
    Fill three folders, one for each kind of container.

    :param airflow: for all containers of Airflow: its keys, its passwords, the URLs with passwords in them.
    :param postgres: for PostgreSQL's container: the password of its user ``airflow``.
    :param redis: for Redis's container: its configuration.
    :param database_host: PostgreSQL's ``host:port``.
    :param broker_host: Redis's ``host:port``.
    """
    database_password = _drawn(postgres / "password")
    broker_password = _drawn(redis / "password")
    # Its own volume keeps Redis's file from others; the user that Redis runs as is not known here.
    _write(redis / "redis.conf", f"requirepass {broker_password}\n")
    database = f"airflow:{database_password}@{database_host}/airflow"
    _write(airflow / "database_url", f"postgresql+psycopg2://{database}")
    _write(airflow / "result_backend", f"db+postgresql+psycopg2://{database}")
    _write(airflow / "broker_url", f"redis://:{broker_password}@{broker_host}/0")
    _drawn(airflow / "fernet_key", _fernet_key())
    _drawn(airflow / "api_secret_key")
    _drawn(airflow / "jwt_secret", secrets.token_urlsafe(64))
    admin_password = _drawn(airflow / "admin_password", secrets.token_urlsafe(12))
    _write(airflow / "passwords.json", json.dumps({"admin": admin_password}))


def _drawn(path: Path, drawn: str | None = None) -> str:
    """Keep what the file holds; else write what was drawn, or a password of 32 random bytes."""
    if not path.exists():
        _write(path, drawn or secrets.token_urlsafe(32))
    return path.read_text()


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _write(path: Path, text: str) -> None:
    """Write in one step: a container that is stopped meanwhile leaves no half of a password."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text)
    unfinished.replace(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Draw the passwords and keys of docker-compose.yaml.")
    for name in ("airflow", "postgres", "redis"):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER")
    for name in ("database-host", "broker-host"):
        parser.add_argument(f"--{name}", required=True, metavar="HOST:PORT")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    generate(given.airflow, given.postgres, given.redis, given.database_host, given.broker_host)
