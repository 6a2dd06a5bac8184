"""Serialized tasks of whole workflows: ``golden/<workflow>.<submission mode>.json``."""

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.spec.loader import load_workflow
from airflow_batch_provider.spec.models import SubmissionMode
from tests.airflow_versions import DagSerialization, serializes_references_as_templates

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).parents[2]
PLANS = REPOSITORY / "tests" / "plan" / "golden"
SPECS = [
    REPOSITORY / "dags" / "a_to_f.yaml",
    REPOSITORY / "dags" / "post_trade.yaml",
    PLANS / "every_short_form.yaml",
    PLANS / "full_members_under_short_forms.yaml",
    PLANS / "inline_definitions.yaml",
    PLANS / "trigger_rules.yaml",
    PLANS / "two_connections.yaml",
]
MARKS = {SubmissionMode.PER_JOB: [serializes_references_as_templates], SubmissionMode.AT_ONCE: []}
CASES = [
    pytest.param(spec, mode, id=f"{spec.stem}-{mode}", marks=MARKS[mode])
    for spec in SPECS
    for mode in SubmissionMode
]


def serialized_tasks(spec: Path, submission_mode: SubmissionMode) -> str:
    """Return the task fields that this provider sets, which are the same in every version of Airflow."""
    workflow = load_workflow(spec).model_copy(update={"submission": submission_mode})
    tasks = DagSerialization.serialize_dag(build_dag(workflow))["tasks"]
    return json.dumps([_provider_fields(task["__var"]) for task in tasks], indent=1, sort_keys=True) + "\n"


def _provider_fields(task: dict[str, Any]) -> dict[str, Any]:
    names = {
        "task_id",
        "task_type",
        "template_fields",
        "downstream_task_ids",
        *task.get("template_fields", ()),
    }
    return {name: value for name, value in task.items() if name in names and name != "spec_digest"}


@pytest.mark.parametrize(("spec", "submission_mode"), CASES)
def test_serialized_tasks(spec, submission_mode):
    golden = (GOLDEN / f"{spec.stem}.{submission_mode}.json").read_text(encoding="utf-8")

    assert serialized_tasks(spec, submission_mode) == golden
