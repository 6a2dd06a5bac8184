"""``harness/environment.sh`` and ``harness/install.py``: setting up ``.venv`` on a new machine."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.install import fingerprint, install
from harness.stack import REPOSITORY

OLD_PYTHON = """#!/bin/sh
case "$2" in *sys.exit*) exit 1;; *) echo 3.9.2;; esac
"""


@pytest.fixture
def old_python(tmp_path: Path) -> Path:
    """A program that behaves like Python 3.9."""
    program = tmp_path / "bin" / "python3"
    program.parent.mkdir()
    program.write_text(OLD_PYTHON)
    program.chmod(0o755)
    return program


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of a clone that determine its environment."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copytree(REPOSITORY / "constraints", folder / "constraints")
    shutil.copytree(REPOSITORY / "harness", folder / "harness")
    shutil.copy(REPOSITORY / "setup.cfg", folder)
    return folder


def run_script(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "harness" / "environment.sh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_old_python_only_reports_required_versions(old_python: Path, checkout: Path):
    tool = shutil.which("dirname")
    assert tool is not None
    (old_python.parent / "dirname").symlink_to(tool)

    done = run_script(checkout, PATH=str(old_python.parent))

    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is required" in done.stderr
    assert "python3: 3.9.2" in done.stderr
    assert not (checkout / ".venv").exists()


def test_requested_old_python_is_rejected(old_python: Path, checkout: Path):
    done = run_script(checkout, PATH=os.environ["PATH"], PYTHON=str(old_python))

    assert done.returncode == 1
    assert f"{old_python}: 3.9.2" in done.stderr


def test_up_to_date_environment_is_not_changed(checkout: Path):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".stamp").write_text(fingerprint(checkout))

    install(checkout)

    assert [path.name for path in (checkout / ".venv").iterdir()] == [".stamp"]


@pytest.mark.parametrize("section", ["[options]\ninstall_requires =\n    new", "[metadata]\nname = other"])
def test_requirements_change_fingerprint(checkout: Path, section: str):
    before = fingerprint(checkout)

    (checkout / "setup.cfg").write_text(section)

    assert fingerprint(checkout) != before


def test_new_pin_changes_fingerprint(checkout: Path):
    before = fingerprint(checkout)

    for pins in (checkout / "constraints").glob("py*.txt"):
        pins.write_text(pins.read_text() + "new==1.0\n")

    assert fingerprint(checkout) != before


def test_tool_settings_do_not_change_fingerprint(checkout: Path):
    before = fingerprint(checkout)

    with (checkout / "setup.cfg").open("a") as setup:
        setup.write("\n[some-linter]\nstrict = True\n")

    assert fingerprint(checkout) == before
