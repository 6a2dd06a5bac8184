"""Plans of whole workflows: ``golden/<workflow>.plan.json`` and ``.plan.txt``."""

import json
from pathlib import Path

import pytest

from airflow_batch_provider.batch.request import JobDependency, complete_request
from airflow_batch_provider.plan.model import WorkflowPlan
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.plan.render import plan_as_text
from airflow_batch_provider.plan.requests_as_json import plan_as_json, shown_definition
from airflow_batch_provider.spec.loader import load_workflow
from tests.aws_model import what_is_wrong_with

GOLDEN = Path(__file__).parent / "golden"
DAGS = Path(__file__).parents[2] / "dags"
SPECS = sorted(
    [path for path in GOLDEN.iterdir() if ".plan." not in path.name] + list(DAGS.glob("*.yaml")),
    key=lambda path: path.stem,
)
RENDERED = {
    "{{ params.size }}": "5",
    "{{ params.attempts }}": "2",
    "{{ params.timeout }}": "1h",
    "{{ params.priority }}": "7",
    "{{ params.memory }}": "2GiB",
    "{{ params.vcpus }}": "2.0",
    "{{ params.gpus }}": "1.0",
    "{{ ti.xcom_pull(task_ids='count', key='size') }}": "3",
}
"""Values of templates in members that require a number."""


def plan_of(spec: Path) -> WorkflowPlan:
    return plan_workflow(load_workflow(spec))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_plan_as_json(spec):
    golden = (GOLDEN / f"{spec.stem}.plan.json").read_text(encoding="utf-8")

    assert plan_as_json(plan_of(spec)) + "\n" == golden


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_plan_as_text(spec):
    golden = (GOLDEN / f"{spec.stem}.plan.txt").read_text(encoding="utf-8")

    assert plan_as_text(plan_of(spec)) + "\n" == golden


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_requests_are_valid_for_submit_job(spec):
    for job in plan_of(spec).jobs:
        rendered = json.loads(json.dumps(job.request), object_hook=_rendered)
        request = complete_request(
            {**rendered, "jobDefinition": shown_definition(job.request)},
            job_key=job.key,
            job_name=f"w-{job.key}",
            depends_on=[
                JobDependency("0b1f9c9e", d.type) if d.job_key else JobDependency(type=d.type)
                for d in job.batch_dependencies
            ],
        )

        assert what_is_wrong_with(request) == ""


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_job_definitions_are_valid_for_register_job_definition(spec):
    definitions = [job.request["jobDefinition"] for job in plan_of(spec).jobs]

    for definition in definitions:
        if isinstance(definition, dict):
            assert what_is_wrong_with(definition, "RegisterJobDefinitionRequest") == ""


def test_validator_rejects_unknown_parameter():
    request = {"jobName": "n", "jobQueue": "q", "jobDefinition": "d", "job_priority": 1}

    assert "job_priority" in what_is_wrong_with(request)


def _rendered(members: dict[str, object]) -> dict[str, object]:
    return {
        name: RENDERED.get(value, value) if isinstance(value, str) else value
        for name, value in members.items()
    }
