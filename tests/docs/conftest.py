from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from airflow_batch_provider.local.pytest_plugin import (  # noqa: F401
    local_batch,
    local_batch_options,
    local_batch_server,
)
from tests.docs.markdown import REPOSITORY, blocks_of


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A copy of the repository's DAGs and docs, to which the files of a page are added."""

    def with_files_of(page: Path) -> Path:
        shutil.copytree(REPOSITORY / "dags", tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / "docs").symlink_to(REPOSITORY / "docs")
        for block in blocks_of(page):
            path = tmp_path / (block.place or "dags")
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", "off")
        return tmp_path

    return with_files_of
