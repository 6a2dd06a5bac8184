"""With ``AIRFLOW_BATCH_REQUIRE_ALL``, as in CI, a skipped test counts as failed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.stack import REPOSITORY

SKIPPED = """
import pytest

def test_needs_a_service():
    pytest.skip("docker does not answer")
"""


def run_pytest(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(REPOSITORY / "tests" / "conftest.py", folder)
    (folder / "test_skipped.py").write_text(SKIPPED)
    (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {name: value for name, value in os.environ.items() if name != "AIRFLOW_BATCH_REQUIRE_ALL"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "summary"),
    [({}, "1 skipped"), ({"AIRFLOW_BATCH_REQUIRE_ALL": "1"}, "1 failed")],
)
def test_require_all_turns_skip_into_failure(tmp_path: Path, environment: dict[str, str], summary: str):
    done = run_pytest(tmp_path, **environment)

    assert summary in done.stdout.splitlines()[-1]
    assert "docker does not answer" in done.stdout or not environment
