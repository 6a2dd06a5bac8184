"""
Run the tests that import Airflow with each supported Airflow version on each installed Python version.

``constraints/airflow-VERSION/`` contains the pins of an older Airflow, ``constraints/`` those of the newest.
Each pair of Airflow and Python has its own environment in ``.matrix/``. The tests with a real Airflow take
ten minutes. By default, they run once for each Airflow version, each time on a different Python version;
with ``--all``, they run for every pair. Tests of features that an Airflow version does not have are skipped;
the summary lists them with reasons.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.install import create_command, install_command, run
from harness.stack import REPOSITORY

CONSTRAINTS = REPOSITORY / "constraints"
ENVIRONMENTS = REPOSITORY / ".matrix"
PYTHONS = ("3.11", "3.12", "3.13")
TEST_PATHS = [
    *(
        f"tests/{folder}"
        for folder in ("dag", "hooks", "links", "notifications", "operators", "sensors", "sweep", "triggers")
    ),
    "tests/test_handover.py",
]
REAL_AIRFLOW = "tests/airflow"


@dataclass(frozen=True)
class Cell:
    """One Airflow version on one Python version."""

    airflow: str
    python: str
    interpreter: str
    pins: Path
    is_on_diagonal: bool

    @property
    def environment(self) -> Path:
        return ENVIRONMENTS / f"airflow-{self.airflow}-python-{self.python}"

    @property
    def name(self) -> str:
        return f"Airflow {self.airflow}, Python {self.python}"

    def prepare(self) -> None:
        """Create the environment unless it is up to date with its pins and `setup.cfg`."""
        stamp = self.environment / ".stamp"
        wanted = hashlib.sha256(self.pins.read_bytes() + (REPOSITORY / "setup.cfg").read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.environment, ignore_errors=True)
        requirements = ["-c", str(self.pins), "-e", f"{REPOSITORY}[test]"]
        run(create_command(self.environment, self.interpreter), REPOSITORY)
        run(install_command(self.environment, *requirements), REPOSITORY)
        stamp.write_text(wanted)

    def test(self, arguments: Sequence[str]) -> Outcome:
        """Run pytest and show its output immediately."""
        report = self.environment / "report.xml"
        report.unlink(missing_ok=True)
        python = str(self.environment / "bin" / "python")
        command = [python, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={report}", *arguments]
        start = time.monotonic()
        done = subprocess.run(command, cwd=REPOSITORY, env=_environment(), check=False)
        return Outcome.read(self.name, report, done.returncode, time.monotonic() - start)


@dataclass(frozen=True)
class Outcome:
    """The test results of one cell."""

    name: str
    exit_code: int
    seconds: float
    counts: Counter[str]
    skips: Counter[str]

    @classmethod
    def read(cls, name: str, report: Path, exit_code: int, seconds: float) -> Outcome:
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
        counts = Counter("failed" if _has(case, "failure", "error") else "passed" for case in cases)
        skips = Counter(skip.get("message", "") for case in cases for skip in case.iter("skipped"))
        counts["passed"] -= skips.total()
        return cls(name, exit_code, seconds, counts, skips)

    def lines(self) -> Iterator[str]:
        verdict = "green" if self.exit_code == 0 else f"RED (pytest ended with {self.exit_code})"
        yield (
            f"{self.name}: {verdict}, {self.counts['passed']} passed, {self.counts['failed']} failed, "
            f"{self.skips.total()} skipped in {self.seconds:.0f} s"
        )
        for reason, count in self.skips.items():
            yield f"    {count} skipped: {reason}"


def cells(airflows: Sequence[str], pythons: Sequence[str]) -> Iterator[Cell]:
    """
    Yield the pairs that can be tested on this machine, oldest Airflow first.

    The diagonal contains each Airflow version once, on different Python versions if possible.
    """
    interpreters = _interpreters(pythons)
    chosen = [(name, folder) for name, folder in _airflows() if not airflows or name in airflows]
    for row, (airflow, folder) in enumerate(chosen):
        for column, (python, interpreter) in enumerate(interpreters.items()):
            pins = folder / f"py{python.replace('.', '')}.txt"
            yield Cell(airflow, python, interpreter, pins, is_on_diagonal=column == row % len(interpreters))


def find_python(version: str) -> str | None:
    """Return a working interpreter from the PATH or pyenv; pyenv's shims of inactive versions do not run."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = sorted(pyenv.glob(f"{version}.*/bin/python{version}"))
    for candidate in [shutil.which(f"python{version}"), *map(str, installed)]:
        if candidate is None:
            continue
        command = [candidate, "-c", "import sys; print(sys._base_executable)"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    return None


def main() -> int:
    """Run all cells, even after one has failed, and print a summary of each."""
    parser = argparse.ArgumentParser(prog="make test-matrix", description=__doc__)
    parser.add_argument("--airflow", action="append", default=[], help="only this version; may be repeated")
    parser.add_argument("--python", action="append", default=[], help="only this version; may be repeated")
    parser.add_argument("--all", action="store_true", help=f"{REAL_AIRFLOW} on every pair; takes two hours")
    options, pytest_arguments = parser.parse_known_args()
    outcomes = []
    for cell in cells(options.airflow, options.python or PYTHONS):
        print(f"\n=== {cell.name}", flush=True)
        cell.prepare()
        real_airflow = [REAL_AIRFLOW] if options.all or cell.is_on_diagonal else []
        outcomes.append(cell.test(pytest_arguments or [*TEST_PATHS, *real_airflow]))
    print("\n=== all", *(line for outcome in outcomes for line in outcome.lines()), sep="\n", flush=True)
    return 0 if outcomes and all(outcome.exit_code == 0 for outcome in outcomes) else 1


def _interpreters(pythons: Sequence[str]) -> dict[str, str]:
    found = {python: find_python(python) for python in pythons}
    for python, interpreter in found.items():
        if interpreter is None:
            print(f"Python {python} is not installed", flush=True)
    return {python: interpreter for python, interpreter in found.items() if interpreter}


def _airflows() -> Iterator[tuple[str, Path]]:
    for folder in [*sorted(CONSTRAINTS.glob("airflow-*/")), CONSTRAINTS]:
        yield _airflow_of(folder / "py311.txt"), folder


def _airflow_of(pins: Path) -> str:
    lines = pins.read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith("apache-airflow=="))


def _environment() -> dict[str, str]:
    """Return the variables without the one that turns skips into failures: older versions lack features."""
    return {name: value for name, value in os.environ.items() if name != "AIRFLOW_BATCH_REQUIRE_ALL"}


def _has(case: ET.Element, *kinds: str) -> bool:
    return any(case.find(kind) is not None for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
