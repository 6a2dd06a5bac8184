"""Check a DAG as Airflow does after it has imported the DAG file, while the spec file is still known."""

from __future__ import annotations

from typing import Any

from airflow.exceptions import UnknownExecutorException
from airflow.providers.common.compat.sdk import conf
from airflow.sdk import DAG, get_parsing_context

from airflow_batch_provider.errors import SpecError


def check_import(dag: DAG) -> None:
    """
    Raise the error that would make Airflow reject the DAG.

    Airflow reports such an error for the DAG file and deactivates all of its DAGs. If a stored DAG cannot
    be read back, no DAG of the file is updated and no error is reported. A worker makes none of these
    checks.
    """
    if get_parsing_context().dag_id is not None:
        return
    dag.validate()  # type: ignore[no-untyped-call]
    dag.check_cycle()
    _check_executors(dag)
    serialization = _serialization()
    serialization.from_dict(serialization.to_dict(dag))


def _check_executors(dag: DAG) -> None:
    from airflow.executors.executor_loader import ExecutorLoader

    # With teams, the executors depend on the bundle, which is unknown here.
    if conf.getboolean("core", "multi_team", fallback=False):
        return
    for task in dag.tasks:
        try:
            if task.executor:
                ExecutorLoader.lookup_executor_name_by_str(task.executor)
        except UnknownExecutorException as error:
            raise SpecError(
                f"task '{task.task_id}' has the executor '{task.executor}', which Airflow does not know; "
                "add it to [core] executors in Airflow's configuration or choose one that is there"
            ) from error


def _serialization() -> Any:
    """Return the class that serializes DAGs; a worker does not need its module."""
    from airflow.serialization import serialized_objects

    before_3_2 = "SerializedDAG"
    return getattr(serialized_objects, "DagSerialization", None) or getattr(serialized_objects, before_3_2)
