"""
Names that Airflow's database holds: a class or method that moves leaves a forwarder under its old name.

``stored_names.json`` lists every name that any version has stored. Add names to it; never remove one.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseNotifier, BaseOperator, BaseSensorOperator
from airflow.triggers.base import BaseTrigger

from airflow_batch_provider import handover
from airflow_batch_provider.links.batch import BATCH_LINKS
from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.operators.job_request import JobRequestOperator
from airflow_batch_provider.operators.request_rendering import RequestRenderingOperator
from airflow_batch_provider.sensors.connected import ConnectedSensor
from tests.architecture.test_provider_info import public_classes

STORED = json.loads(Path(__file__).with_name("stored_names.json").read_text())
CLASSES = [path for paths in STORED["classes"].values() for path in paths]
METHODS = STORED["next_method of deferred tasks"]
BASES = {ConnectedOperator, ConnectedSensor, JobRequestOperator, RequestRenderingOperator}
"""Base classes, which no task and no trigger has."""


def path_of(value: type) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def resolved(path: str) -> Any:
    """Import a class by its path, as Airflow does."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("path", CLASSES)
def test_every_class_path_that_was_ever_stored_can_be_imported(path):
    assert isinstance(resolved(path), type)


@pytest.mark.parametrize("path", METHODS)
def test_every_method_that_a_deferred_task_continues_with_exists(path):
    owner, _, method = path.rpartition(".")

    assert callable(getattr(resolved(owner), method))


@pytest.mark.parametrize(
    ("package", "base"),
    [
        ("triggers", BaseTrigger),
        ("operators", BaseOperator),
        ("sensors", BaseSensorOperator),
        ("notifications", BaseNotifier),
        ("dag", BaseOperator),
    ],
)
def test_every_class_that_airflow_stores_by_path_is_listed(package, base):
    classes = {found for of_module in public_classes(package, base).values() for found in of_module}

    assert {path_of(found) for found in classes - BASES} <= set(CLASSES)


def test_links_keep_their_names_and_xcom_keys():
    stored = STORED["links of serialized DAGs, with the XCom key of each"]

    assert stored.items() <= {link.name: link.xcom_key for link in BATCH_LINKS}.items()


def test_xcoms_and_task_state_keep_their_keys():
    keys = {
        handover.RETURN_VALUE_XCOM,
        handover.JOB_ID_XCOM,
        handover.ARRAY_XCOM,
        handover.chain_key("align"),
        handover.followed_key("align"),
    }

    assert set(STORED["XCom keys"]) <= keys
    assert STORED["keys of the task state store"] == [handover._STATE_STORE_KEY]
