"""Create Airflow databases from a template: migrating takes seconds, copying almost no time."""

from __future__ import annotations

import importlib.metadata
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(sys.prefix) / "var" / "airflow-batch"


def create_database(path: Path, environment: Mapping[str, str]) -> None:
    """
    Create a migrated SQLite database without data.

    :param environment: environment variables that configure Airflow to use this database.
    """
    template = _template_path()
    if template.exists():
        shutil.copyfile(template, path)
        return
    migrate(environment)
    _save_template(path, template)


def _template_path() -> Path:
    """Return the path of the template; it is part of the virtual environment and deleted with it."""
    return _FOLDER / f"airflow-{importlib.metadata.version('apache-airflow-core')}.db"


def migrate(environment: Mapping[str, str]) -> None:
    """Create Airflow's tables in the database that the environment configures."""
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"'airflow db migrate' failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _save_template(path: Path, template: Path) -> None:
    """Save a copy as template: through SQLite to include its write-ahead log, and atomically."""
    try:
        _FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
            copy = Path(folder) / template.name
            with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
                source.backup(target)
            target.close()
            source.close()
            copy.replace(template)
    except PermissionError:
        return
