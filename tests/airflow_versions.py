"""Names that differ between versions of Airflow, and marks for features that only some versions have."""

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
    """Parse a folder, or one of its files, like the DAG processor parses a bundle."""
    given = {"bundle_name": "b", "include_examples": False}
    known = signature(DagBag).parameters
    some = {name: value for name, value in given.items() if name in known}
    return DagBag(only or folder, bundle_path=folder, safe_mode=False, **some)


ends_in_triggerer = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"),
    reason="on this Airflow a task ends in a worker; ending in the triggerer needs Airflow 3.3",
)
notifies_triggers = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"),
    reason="this Airflow does not notify a trigger of a kill (on_kill, Airflow 3.3)",
)
keeps_a_record = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"),
    reason="this Airflow keeps no record of a task that is cleared in a running run (Airflow 3.3)",
)
shows_typed_forms = pytest.mark.skipif(
    not hasattr(BaseTrigger, "on_kill"), reason="trigger forms before Airflow 3.3 have another structure"
)
has_partitions = pytest.mark.skipif(
    not hasattr(sdk, "CronPartitionTimetable"),
    reason="this Airflow has no partitions (CronPartitionTimetable, Airflow 3.2)",
)
serializes_references_as_templates = pytest.mark.skipif(
    not hasattr(serialized_objects, "DagSerialization"),
    reason="this Airflow stores a reference to an XCom as its repr; a template needs Airflow 3.2",
)
