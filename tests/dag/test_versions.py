"""A new version of the DAG exactly when the spec's meaning changes, as Airflow itself decides it."""

import pytest
from airflow.models.serialized_dag import SerializedDagModel

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.spec.loader import parse_workflow
from tests.airflow_versions import DagSerialization
from tests.plan.test_digest import SAME, SPEC


def version_of(text):
    return SerializedDagModel.hash(DagSerialization.to_dict(build_dag(parse_workflow(text))))


@pytest.mark.parametrize("submission", ["at_once", "per_job"])
def test_another_way_to_write_the_same_is_no_new_version(submission):
    once, twice = (
        text.replace("connection:", f"submission: {submission}\nconnection:", 1) for text in (SPEC, SAME)
    )

    assert version_of(once) == version_of(twice.replace("submission: at_once\n", ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[cp, x, y]", "[cp, y, x]"),  # Airflow alone would create no version for it
        ("eu-west-1", "eu-west-2"),  # nor of this: it is no template field
        ("retries: 2", "retries: 3"),
        ("A: 1", "A: 2"),
        ("all_done", "none_failed"),
    ],
)
def test_another_meaning_is_a_new_version(old, new):
    assert version_of(SPEC.replace(old, new)) != version_of(SPEC)
