"""The wheel in an environment with nothing but what it requires: `make package-test`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_batch_provider.get_provider_info import get_provider_info
from harness.install import constraints, create_command, install_command, run
from harness.stack import REPOSITORY
from tests.package.builds import build

INFO = get_provider_info()
NAME = INFO["package-name"]

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    environment = folder / "environment"
    wheel = build(folder).wheel
    run(create_command(environment, str(Path(sys.executable).resolve())), folder)
    run(install_command(environment, "-c", str(constraints(REPOSITORY)), str(wheel)), folder)
    return environment


@pytest.fixture(scope="module")
def output_of(environment: Path) -> Callable[..., str]:
    """Run a program of the environment, far from the repository."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))
    }
    home = environment.parent / "home"
    home.mkdir()

    def run_program(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(environment / "bin" / program), *arguments],
            env={**variables, "AIRFLOW_HOME": str(home)},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_program


@pytest.fixture(scope="module")
def ask(output_of: Callable[..., str]) -> Ask:
    """Ask `airflow providers …` for its rows."""

    def ask_airflow(*arguments: str) -> Any:
        output = output_of("airflow", "providers", *arguments, "--output", "json")
        return json.loads(output[output.index("[") :])

    return ask_airflow


def test_airflow_knows_the_provider_with_all_that_it_offers(ask: Ask) -> None:
    (about,) = ask("get", "--full", NAME)

    output = json.dumps(about)
    for kind in ("operators", "sensors", "hooks", "triggers", "extra-links", "notifications", "config"):
        assert kind in output
    for room in ("operators", "sensors", "hooks", "triggers"):
        assert all(module in output for entry in INFO[room] for module in entry["python-modules"])


def test_airflow_lists_it(ask: Ask) -> None:
    assert NAME in {row["package_name"] for row in ask("list")}


@pytest.mark.parametrize("listing", ["triggers", "links", "notifications", "configs"])
def test_airflow_lists_what_it_offers(ask: Ask, listing: str) -> None:
    expected = {
        "triggers": [module for entry in INFO["triggers"] for module in entry["python-modules"]],
        "links": INFO["extra-links"],
        "notifications": INFO["notifications"],
        "configs": list(INFO["config"]),
    }[listing]

    listed = json.dumps(ask(listing))

    assert [name for name in expected if name not in listed] == []


def test_airflow_can_load_the_plugin(output_of: Callable[..., str]) -> None:
    assert "airflow_batch_provider" in output_of("airflow", "plugins", "--output", "json")


def test_a_workflow_can_be_validated(output_of: Callable[..., str], tmp_path: Path) -> None:
    spec = tmp_path / "w.yaml"
    spec.write_text("workflow: w\njobs:\n  a: {job_queue: etl, job_definition: step}\n")

    assert "no errors" in output_of("airflow-batch", "validate", str(spec))


def test_nothing_but_what_is_required_is_there(output_of: Callable[..., str]) -> None:
    others = ("pytest", "moto", "celery", "harness", "tests")
    code = f"from importlib.util import find_spec; print([name for name in {others} if find_spec(name)])"

    assert output_of("python", "-c", code).strip() == "[]"
