"""Names that differ between Airflow versions, and marks for features that only some versions have."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import pytest
from airflow import sdk
from airflow.serialization import serialized_objects
from airflow.triggers.base import BaseTrigger

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # before Airflow 3.2
    from airflow.models.dagbag import DagBag

if hasattr(serialized_objects, "DagSerialization"):
    DagSerialization = serialized_objects.DagSerialization
else:  # before Airflow 3.2
    DagSerialization = serialized_objects.SerializedDAG


def dags_of(folder: Path, *, only: Path | None = None) -> DagBag:
    """Parse a folder, or one of its files, as the DAG processor parses a bundle."""
    optional = {"bundle_name": "b", "include_examples": False}
    parameters = signature(DagBag).parameters
    supported = {name: value for name, value in optional.items() if name in parameters}
    return DagBag(only or folder, bundle_path=folder, safe_mode=False, **supported)


ends_in_triggerer = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"),
    reason="tasks can end in the triggerer only since Airflow 3.3; here they end in a worker",
)
notifies_triggers = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"),
    reason="Airflow notifies triggers of killed tasks (on_kill) only since version 3.3",
)
records_cleared_tasks = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"),
    reason="Airflow records tasks that are cleared in a running run only since version 3.3",
)
shows_typed_forms = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"), reason="trigger forms have a different structure before Airflow 3.3"
)
notifies_of_skips = pytest.mark.skipif(
    not hasattr(sdk, "CronPartitionTimetable"),
    reason="Airflow notifies listeners of tasks that are marked skipped only since version 3.2",
)
has_partitions = pytest.mark.skipif(
    not hasattr(sdk, "CronPartitionTimetable"),
    reason="Airflow has partitions (CronPartitionTimetable) only since version 3.2",
)
serializes_references_as_templates = pytest.mark.skipif(
    not hasattr(serialized_objects, "DagSerialization"),
    reason="Airflow serializes XCom references as templates only since version 3.2; before, as their repr",
)
