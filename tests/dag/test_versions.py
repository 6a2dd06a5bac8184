"""Airflow creates a new DAG version if and only if the meaning of the spec changes."""

import pytest
from airflow.models.serialized_dag import SerializedDagModel

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.spec.loader import parse_workflow
from tests.airflow_versions import DagSerialization
from tests.plan.test_digest import EQUIVALENT_SPEC, SPEC


def version_of(text):
    return SerializedDagModel.hash(DagSerialization.to_dict(build_dag(parse_workflow(text))))


@pytest.mark.parametrize("submission", ["at_once", "per_job"])
def test_equivalent_spec_keeps_dag_version(submission):
    original, equivalent = (
        text.replace("connection:", f"submission: {submission}\nconnection:", 1)
        for text in (SPEC, EQUIVALENT_SPEC)
    )

    assert version_of(original) == version_of(equivalent.replace("submission: at_once\n", ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[cp, x, y]", "[cp, y, x]"),  # not detected by Airflow's own comparison
        ("eu-west-1", "eu-west-2"),  # not detected either: not a template field
        ("retries: 2", "retries: 3"),
        ("A: 1", "A: 2"),
        ("all_done", "none_failed"),
    ],
)
def test_changed_meaning_creates_dag_version(old, new):
    assert version_of(SPEC.replace(old, new)) != version_of(SPEC)
