"""Every example of the language reference is valid, and the JSON Schema accepts it."""

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.json_schema import workflow_schema
from airflow_batch_provider.spec.loader import read_workflow

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "docs" / "language"
FRAGMENTS = {"fragment"}
EXAMPLES = sorted(path for path in FOLDER.glob("*.yaml") if path.stem not in FRAGMENTS)
RULES = sorted((REPOSITORY / "docs" / "rules").iterdir())
VALIDATOR = Draft202012Validator(workflow_schema())


SHOWN_WITH_OTHERS = {
    "ArrayRetry",
    "SubmissionMode",
    "DependencyOwner",
    "DependencyType",
    "EnvironmentOrder",
    "ExitAction",
    "JobSettings",
    "Platform",
    "ResourceState",
    "RunType",
    "Share",
    "TriggerRule",
    "When",
}


class LoaderWithoutDates(yaml.SafeLoader):
    """Read dates as strings, as the language servers of editors do."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def schema_errors(text):
    return [error.message for error in VALIDATOR.iter_errors(yaml.load(text, LoaderWithoutDates))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_valid_and_becomes_a_plan_and_a_dag(path):
    loaded = read_workflow(path)

    plan = plan_workflow(loaded.workflow)
    dag = build_dag(loaded.workflow)

    assert loaded.warnings == ()
    assert plan.jobs
    assert dag.dag_id == loaded.workflow.workflow


def test_page_shows_every_example_and_every_model():
    page = (FOLDER / "page.md").read_text(encoding="utf-8")

    shown = set(re.findall(r"<!-- example: (\w+) -->", page))
    keys = set(re.findall(r"<!-- keys: (\w+) -->", page))

    assert shown == {path.stem for path in FOLDER.glob("*.yaml")}
    models = {name for name in workflow_schema()["$defs"] if not name.startswith("aws.")}
    assert models - keys - SHOWN_WITH_OTHERS == set()


def test_schema_is_a_valid_json_schema():
    Draft202012Validator.check_schema(workflow_schema())


@pytest.mark.parametrize(
    "path",
    [*FOLDER.glob("*.yaml"), *(REPOSITORY / "dags").glob("*.yaml")],
    ids=lambda path: path.stem,
)
def test_schema_accepts_valid_spec(path):
    assert schema_errors(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_schema_accepts_corrected_example_of_a_rule(path):
    _, repaired = path.read_text(encoding="utf-8").split("---\n")

    assert schema_errors(repaired) == []


@pytest.mark.parametrize(
    "text",
    [
        "colour: red",
        "airflow: {shedule: '@daily'}",
        "airflow: {catchup: 3}",
        "jobs: {a: {memry: 1}}",
        "jobs: {a: {depends_on: b}}",
        "jobs: {a: {depends_on: [{job: b, type: N2N}]}}",
        "jobs: {a: {trigger_rule: sometimes}}",
        "jobs: {a: {container_overrides: {command: x}}}",
        "jobs: {a: {job_definition: {imgae: x}}}",
        "alerts: {on_failure: [{sns: {}}]}",
        "backfill: {queue: low}",
    ],
)
def test_schema_rejects_invalid_spec(text):
    assert schema_errors(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "jobs: {a: {memory: 512, vcpus: 0.25, timeout: 90, attempts: '{{ params.n }}', environment: {A: 1}}}",
        "jobs: {a: {propagate_tags: '${{ propagate }}', pool_slots: '${{ slots }}', array_size: '${{ n }}'}}",
        "jobs: {a: {}, b: {attempts: ~, depends_on: [a, {type: SEQUENTIAL}]}}",
        "jobs: {a: {array_properties: {size: 2}, timeout: {attempt_duration_seconds: 60}}}",
        "jobs: {a: {for_each: '${{ symbols }}'}, b: {matrix: {x: [1, 2]}}}",
        "x-anything: {a: [1]}",
    ],
)
def test_schema_accepts_every_notation(text):
    assert schema_errors(text) == []
