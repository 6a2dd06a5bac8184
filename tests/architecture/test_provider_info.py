"""The metadata that Airflow reads."""

import inspect
import json
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules

import airflow
import jsonschema
import pytest
from airflow.sdk import BaseHook, BaseNotifier, BaseOperator, BaseOperatorLink, BaseSensorOperator
from airflow.triggers.base import BaseTrigger

import airflow_batch_provider
from airflow_batch_provider import defaults
from airflow_batch_provider.get_provider_info import get_provider_info
from airflow_batch_provider.hooks.settings import CONFIG_SECTION
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.operators.job_request import JobRequestOperator
from airflow_batch_provider.operators.request_rendering import RequestRenderingOperator

AIRFLOW = Path(airflow.__file__).parent
INFO = get_provider_info()
ROOMS = {
    "operators": BaseOperator,
    "sensors": BaseSensorOperator,
    "hooks": BaseHook,
    "triggers": BaseTrigger,
}
FOUNDATIONS = {"operators": {ConnectedOperator, JobRequestOperator, RequestRenderingOperator}}
"""Base classes that users do not import."""


def public_classes(room: str, base: type) -> dict[str, list[type]]:
    """Return the public classes of a package, by module."""
    package = import_module(f"airflow_batch_provider.{room}")
    found = {}
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        classes = [
            value
            for name, value in vars(import_module(module.name)).items()
            if inspect.isclass(value)
            and issubclass(value, base)
            and value.__module__ == module.name
            and not name.startswith("_")
        ]
        if classes:
            found[module.name] = classes
    return found


def test_metadata_matches_airflows_schema():
    jsonschema.validate(INFO, json.loads((AIRFLOW / "provider_info.schema.json").read_text()))


def test_entry_point_returns_the_metadata():
    (entry,) = [
        entry
        for entry in entry_points(group="apache_airflow_provider")
        if entry.value.startswith("airflow_batch_provider.")
    ]

    assert entry.load()() == INFO


@pytest.mark.parametrize(("room", "base"), ROOMS.items())
def test_listed_modules_contain_every_public_class(room, base):
    named = [module for entry in INFO[room] for module in entry["python-modules"]]

    offered = {
        value for module in named for value in vars(import_module(module)).values() if inspect.isclass(value)
    }

    written = {written for classes in public_classes(room, base).values() for written in classes}
    assert written - offered == FOUNDATIONS.get(room, set())


def test_every_link_of_an_operator_is_listed():
    paths = {f"{type(link).__module__}.{type(link).__qualname__}" for link in BATCH_LINKS}

    assert set(INFO["extra-links"]) == paths


@pytest.mark.parametrize("path", INFO["extra-links"])
def test_every_link_can_be_instantiated_without_arguments(path):
    module, _, name = path.rpartition(".")

    link = getattr(import_module(module), name)()

    assert isinstance(link, BaseOperatorLink)
    assert link.name


def test_every_notifier_is_listed():
    paths = {
        f"{module}.{notifier.__qualname__}"
        for module, notifiers in public_classes("notifications", BaseNotifier).items()
        for notifier in notifiers
    }

    assert set(INFO["notifications"]) == paths


def test_links_have_unique_names_and_xcom_keys():
    assert len({link.name for link in BATCH_LINKS}) == len(BATCH_LINKS)
    assert len({link.xcom_key for link in BATCH_LINKS}) == len(BATCH_LINKS)


@pytest.mark.parametrize(
    "operator",
    [
        value
        for room in ("operators", "sensors")
        for many in public_classes(room, ROOMS[room]).values()
        for value in many
    ],
    ids=lambda operator: operator.__name__,
)
def test_every_operator_has_what_airflow_needs(operator):
    parameters = {
        name: parameter
        for of in operator.__mro__
        if "airflow_batch_provider" in of.__module__ and "__init__" in vars(of)
        for name, parameter in inspect.signature(of.__init__).parameters.items()
        if name not in ("self", "kwargs")
    }

    assert {"aws_conn_id", "region_name", "verify", "botocore_config"} <= set(parameters)
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())
    assert set(operator.template_fields) <= set(parameters) | {"jobs"}
    assert all(
        link in BATCH_LINKS or type(link) in map(type, BATCH_LINKS) for link in operator.operator_extra_links
    )


def test_listed_options_are_the_ones_that_the_code_reads():
    (section,) = INFO["config"]
    options = INFO["config"][section]["options"]

    assert section == CONFIG_SECTION
    assert float(options["poll_interval_seconds"]["default"]) == defaults.POLL_INTERVAL_SECONDS


def test_no_option_is_newer_than_the_package():
    for section in INFO["config"].values():
        for option in section["options"].values():
            assert option["version_added"] <= airflow_batch_provider.__version__
