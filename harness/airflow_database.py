"""A ready-made Airflow database: migrating an empty one takes five seconds, copying takes none."""

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
    Create an empty, migrated SQLite database.

    :param environment: leads Airflow to that database.
    """
    template = _template()
    if template.exists():
        shutil.copyfile(template, path)
        return
    migrate(environment)
    _keep(path, template)


def _template() -> Path:
    """Name the copy for later: it belongs to this environment and goes away with it."""
    return _FOLDER / f"airflow-{importlib.metadata.version('apache-airflow-core')}.db"


def migrate(environment: Mapping[str, str]) -> None:
    """Make Airflow's tables in an empty database, to which the environment leads."""
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"'airflow db migrate' failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _keep(path: Path, template: Path) -> None:
    """Copy through SQLite, which knows of pages not yet in the main file; appear in one step."""
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
