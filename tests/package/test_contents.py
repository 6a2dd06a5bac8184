"""What the wheel and the sdist hold: the package and what it reads, and nothing else of the repository."""

from __future__ import annotations

import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

import airflow_batch_provider
from harness.stack import REPOSITORY
from tests.package.builds import Distributions, build

PACKAGE = "airflow_batch_provider"
VERSION = airflow_batch_provider.__version__


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def in_wheel(built: Distributions) -> dict[str, bytes]:
    with zipfile.ZipFile(built.wheel) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


@pytest.fixture(scope="module")
def in_sdist(built: Distributions) -> set[str]:
    with tarfile.open(built.sdist) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


@pytest.fixture(scope="module")
def metadata(in_wheel: dict[str, bytes]) -> Message:
    return message_from_string(in_wheel[f"{PACKAGE}-{VERSION}.dist-info/METADATA"].decode())


def of_the_package() -> set[str]:
    """All files of the package as they stand in the repository."""
    paths = (path for path in (REPOSITORY / PACKAGE).rglob("*") if path.is_file())
    return {str(path.relative_to(REPOSITORY)) for path in paths if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_and_nothing_else(in_wheel: dict[str, bytes]) -> None:
    files = {name for name in in_wheel if not name.startswith(f"{PACKAGE}-{VERSION}.dist-info/")}

    assert files == of_the_package()


@pytest.mark.parametrize("name", ["py.typed", "spec/workflow.schema.json", "aws_requests/aws_members.json"])
def test_what_the_package_reads_is_in_the_wheel(in_wheel: dict[str, bytes], name: str) -> None:
    path = f"{PACKAGE}/{name}"

    assert in_wheel[path] == (REPOSITORY / path).read_bytes()


def test_airflow_and_the_shell_find_it(in_wheel: dict[str, bytes]) -> None:
    entry_points = in_wheel[f"{PACKAGE}-{VERSION}.dist-info/entry_points.txt"].decode()

    assert "[apache_airflow_provider]\nprovider_info = " in entry_points
    assert "[airflow.plugins]\nairflow_batch_provider = " in entry_points
    assert "[console_scripts]\nairflow-batch = " in entry_points


def test_its_metadata_say_what_it_needs(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist", [])
    always = {requirement.split(">=")[0] for requirement in required if "extra ==" not in requirement}

    assert (metadata["Name"], metadata["Version"]) == ("airflow-batch-provider", VERSION)
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License"] == "Apache-2.0"
    assert {"apache-airflow", "apache-airflow-providers-amazon", "boto3", "pydantic"} <= always
    assert not {"pytest", "moto", "mypy", "celery"} & always


def test_the_least_airflow_is_the_oldest_that_is_tested(metadata: Message) -> None:
    tested = [
        path.name.removeprefix("airflow-") for path in Path(REPOSITORY / "constraints").glob("airflow-*")
    ]
    oldest = min(tested, key=lambda version: [int(part) for part in version.split(".")])

    assert f"apache-airflow>={oldest}" in metadata.get_all("Requires-Dist", [])


def test_the_sdist_has_all_that_a_build_needs(in_sdist: set[str]) -> None:
    needed = {"setup.cfg", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}

    assert needed | of_the_package() <= in_sdist


def test_the_sdist_has_no_test_and_no_demo(in_sdist: set[str]) -> None:
    folders = {name.partition("/")[0] for name in in_sdist if "/" in name}

    assert folders == {PACKAGE, f"{PACKAGE}.egg-info"}
