"""
Apache Airflow provider for AWS Batch workflows.

DAG files import their functions from here. They are loaded on first use, so that the command line
starts without Airflow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_batch_provider.dag.discovery import load_workflows
    from airflow_batch_provider.dag.factory import build_dag, build_task_group

__version__ = "0.1.0"

__all__ = ["__version__", "build_dag", "build_task_group", "load_workflows"]

_MODULES = {
    "build_dag": "airflow_batch_provider.dag.factory",
    "build_task_group": "airflow_batch_provider.dag.factory",
    "load_workflows": "airflow_batch_provider.dag.discovery",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
