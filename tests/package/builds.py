"""Builds the distributions from a copy of the sources: a build leaves files where it runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.stack import REPOSITORY

NOT_SOURCES = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")


@dataclass(frozen=True)
class Distributions:
    """The wheel, which was built from the sdist, and the sdist."""

    wheel: Path
    sdist: Path


def build(folder: Path) -> Distributions:
    """Build both as `make package` does."""
    sources = shutil.copytree(REPOSITORY, folder / "sources", ignore=NOT_SOURCES)
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(folder / "dist"),
        str(sources),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel], [sdist] = ((folder / "dist").glob(pattern) for pattern in ("*.whl", "*.tar.gz"))
    return Distributions(wheel, sdist)
