"""`docker-compose.yaml` and its image: valid, consistent, pinned and without secrets."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from airflow.configuration import conf
from airflow.executors.executor_loader import ExecutorLoader

import airflow_batch_provider
from tests.compose.compose_file import (
    COMPLETED,
    COMPOSE_FILE,
    HEALTHY,
    REPOSITORY,
    ComposeService,
    dockerfile_instructions,
    in_start_order,
    read_services,
)

SERVICES = read_services()
PROGRAMS_OF_OTHER_IMAGES = {"redis-server", "pg_isready", "sh"}

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """Validate a file against the Compose specification's JSON Schema, included in check-jsonschema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_file_matches_compose_specification() -> None:
    done = validate(COMPOSE_FILE)

    assert done.returncode == 0, done.stdout


def test_invalid_file_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "docker-compose.yaml"
    path.write_text(COMPOSE_FILE.read_text().replace("restart: always", "restart: [always]", 1))

    done = validate(path)

    assert done.returncode == 1
    assert "restart" in done.stdout


def test_file_starts_airflow_with_celery() -> None:
    counts = {name: service.replicas for name, service in SERVICES.items() if not service.is_one_shot}

    assert counts == {
        "postgres": 1,
        "redis": 1,
        "local-batch": 1,
        "api-server": 1,
        "scheduler": 1,
        "dag-processor": 1,
        "worker": 1,
        "triggerer": 2,
    }


@each_service
def test_every_image_is_pinned(service: ComposeService) -> None:
    _, _, tag = service.image.partition(":")

    assert re.match(r"\d+\.\d+", tag)
    assert not service.is_built or tag == airflow_batch_provider.__version__


def test_image_uses_constraints_for_its_python() -> None:
    [(base, *_)] = dockerfile_instructions("FROM")
    python = re.fullmatch(r"python:3\.(\d+)\.\d+-slim-\w+", base)
    assert python is not None

    pins = [word for words in dockerfile_instructions("COPY") for word in words if "constraints" in word]

    assert pins == [f"constraints/py3{python[1]}.txt"] * 2


def test_image_sources_exist_and_are_in_build_context() -> None:
    sent = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[0] == "!"}

    copied = {source for words in dockerfile_instructions("COPY") for source in words[:-1]}

    assert all((REPOSITORY / source).exists() for source in copied | sent)
    assert {
        source for source in copied if not any(source == s or source.startswith(f"{s}/") for s in sent)
    } == set()


@each_service
def test_service_waits_for_completion_or_health_check(service: ComposeService) -> None:
    for name, condition in service.depends_on.items():
        awaited = SERVICES[name]

        assert condition == (COMPLETED if awaited.is_one_shot else HEALTHY), name
        assert awaited.is_one_shot or awaited.health_check, name


@each_service
def test_long_running_service_has_health_check_and_restarts(service: ComposeService) -> None:
    restarts = service.definition["restart"]

    assert restarts == ("on-failure:3" if service.is_one_shot else "always")
    assert bool(service.health_check) != service.is_one_shot


def test_each_one_shot_service_is_a_dependency() -> None:
    """`docker compose up --wait` fails when a service exits unless another service depends on it."""
    awaited = {name for service in SERVICES.values() for name in service.depends_on}

    assert {name for name, service in SERVICES.items() if service.is_one_shot} <= awaited


def test_services_have_a_start_order() -> None:
    names = [service.name for service in in_start_order(SERVICES)]

    assert names.index("secrets") < names.index("postgres") < names.index("migration")
    assert names.index("migration") < names.index("api-server") < names.index("worker")


def test_every_volume_is_declared_and_used() -> None:
    declared = set(yaml.safe_load(COMPOSE_FILE.read_text())["volumes"])
    mounts = [mount for service in SERVICES.values() for mount in service.mounts]

    assert {mount.source for mount in mounts if mount.is_volume} == declared
    assert {mount.source for mount in mounts if not mount.is_volume} == {"./dags"}


@each_service
def test_every_program_is_installed_in_its_image(service: ComposeService) -> None:
    programs = [words[0] for words in (service.command, service.health_check) if words]
    own = [program for program in programs if program not in PROGRAMS_OF_OTHER_IMAGES]

    assert all(shutil.which(program, path=str(Path(sys.executable).parent)) for program in own)
    assert service.is_built or not own


def test_every_variable_is_an_airflow_option() -> None:
    variables = {name for service in SERVICES.values() for name in service.environment}
    options = {tuple(name.lower().split("__")[1:]) for name in variables if name.startswith("AIRFLOW__")}
    documented = {
        (section, name)
        for section, description in conf.configuration_description.items()
        for name in description["options"]
    }
    set_by_command = {(section, f"{name}_cmd") for section, name in conf.sensitive_config_values}

    assert len(options) > 10
    assert options - documented - set_by_command == set()


def test_airflow_can_load_the_executor() -> None:
    """The newest Celery releases are not always compatible with Airflow's Celery provider."""
    executors = {service.environment.get("AIRFLOW__CORE__EXECUTOR") for service in SERVICES.values()}

    module, _, name = ExecutorLoader.executors["CeleryExecutor"].rpartition(".")

    assert executors == {None, "CeleryExecutor"}
    assert hasattr(import_module(module), name)


def test_file_contains_no_secrets() -> None:
    secret_name = re.compile("PASSWORD|SECRET|_KEY|_CONN|BACKEND|BROKER")
    values = {
        name: value
        for service in SERVICES.values()
        for name, value in service.environment.items()
        if secret_name.search(name) and not name.endswith(("_CMD", "_FILE"))
    }

    assert set(values) == {"AIRFLOW_CONN_AWS_DEFAULT"}  # the local AWS Batch accepts any credentials
    assert '"password": "local"' in values["AIRFLOW_CONN_AWS_DEFAULT"]


def test_only_ui_is_published_and_only_on_localhost() -> None:
    ports = [port for service in SERVICES.values() for port in service.definition.get("ports", [])]

    assert ports == ["127.0.0.1:8080:8080"]
