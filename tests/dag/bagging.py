"""Import a DAG as the DAG processor does: bag it, serialize it, and read it back as the scheduler does."""

from __future__ import annotations

import json
from typing import Any

from airflow.serialization.serialized_objects import LazyDeserializedDAG

from tests.airflow_versions import DagBag, DagSerialization


def bag(dag: Any) -> Any:
    """
    Return the DAG that the scheduler sees.

    :raises Exception: Airflow would report an import error.
    """
    dag.fileloc, dag.relative_fileloc = "/dags/w.py", "w.py"
    dag.validate()
    DagBag("/dev/null", collect_dags=False).bag_dag(dag)
    for task in dag.tasks:
        task.get_template_env()
    lazy = LazyDeserializedDAG(data=DagSerialization.to_dict(dag))  # validates Airflow's schema
    stored = json.loads(json.dumps(lazy.data, allow_nan=False))
    # What the DAG processor writes to the database beside the serialized DAG.
    assert lazy.hash
    assert (lazy.owner, lazy.timetable.summary, lazy.timetable.description) is not None
    return DagSerialization.from_dict(stored)
