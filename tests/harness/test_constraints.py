"""The constraints: complete, exact, and consistent between the CLI and the full installation."""

import configparser
import re
from pathlib import Path

import pytest

from harness.stack import REPOSITORY

FOLDER = REPOSITORY / "constraints"
OWN_PACKAGE = "airflow-batch-provider"


def pins(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def required() -> set[str]:
    setup = configparser.ConfigParser()
    setup.read(REPOSITORY / "setup.cfg")
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    lines = [line for text in lists for line in text.splitlines() if line and not line.startswith("#")]
    return {re.split(r"[\[<>=~!]", line)[0].lower() for line in lines} - {OWN_PACKAGE}


@pytest.mark.parametrize("name", ["py311.txt", "py312.txt", "py313.txt"])
def test_every_requirement_has_a_pin(name: str):
    assert required() <= pins(FOLDER / name).keys()


@pytest.mark.parametrize("folder", sorted(FOLDER.glob("airflow-*")), ids=lambda folder: folder.name)
def test_older_airflow_has_pins_for_each_python(folder: Path):
    versions = {path.name: pins(path)["apache-airflow"] for path in folder.glob("py*.txt")}

    assert versions == dict.fromkeys(["py311.txt", "py312.txt", "py313.txt"], folder.name.partition("-")[2])


@pytest.mark.parametrize("name", ["py311.txt", "py312.txt", "py313.txt"])
def test_cli_constraints_match_other_constraints(name: str):
    full = pins(FOLDER / name)

    cli = pins(FOLDER / "cli.txt")

    assert cli == {package: full[package] for package in cli}


def test_cli_constraints_do_not_include_airflow():
    names = pins(FOLDER / "cli.txt")

    assert {"boto3", "croniter", "jinja2", "jsonschema", "pydantic", "pyyaml", "rich"} <= names.keys()
    assert not [name for name in names if "airflow" in name]


@pytest.mark.parametrize(
    "path", sorted(FOLDER.rglob("*.txt")), ids=lambda path: str(path.relative_to(FOLDER))
)
def test_pins_contain_no_download_location(path: Path):
    assert not re.search(r"://|^-|\s@\s", path.read_text(), re.MULTILINE)
