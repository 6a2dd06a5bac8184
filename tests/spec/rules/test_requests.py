"""Findings about composed requests are at what the author wrote."""

from pathlib import Path

import pytest

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import read_workflow, validate_workflow
from airflow_batch_provider.spec.models import Workflow

FARGATE = "platform_capabilities: [FARGATE], execution_role_arn: 'arn:aws:iam::123456789012:role/r'"
TOOL = f"{{image: busybox, vcpus: 1, memory: 2GiB, {FARGATE}}}"


def findings_in(text: str, path: Path) -> list[tuple[str, int, int]]:
    """Return the rule, line and column of each finding."""
    path.write_text(text, encoding="utf-8")
    try:
        found = read_workflow(path).warnings
    except InvalidSpecError as error:
        found = error.findings
    return [(each.rule, each.position.line, each.position.column) for each in found]


def check(rule: str, marked: str, path: Path) -> None:
    """Check that the only error, or else the only warning, is where the text is marked with ``§``."""
    before, _, after = marked.partition("§")
    at = (before.count("\n") + 1, len(before) - before.rfind("\n"))

    found = findings_in(before + after, path)

    errors = [each for each in found if each[0].startswith("E")]
    assert (errors or found) == [(rule, *at)]


def spec(job: str, head: str = "defaults: {job_queue: q}") -> str:
    return f"workflow: w\n{head}\njobs:\n  {'' if '§' in job + head else '§'}a: {job}\n"


@pytest.mark.parametrize(
    ("rule", "job"),
    [
        ("E418", "{job_definition: {container_properties: §{image: busybox, command: [x]}}}"),
        ("E413", f"{{job_definition: {TOOL}, memory: §5000MiB}}"),
        ("E414", "{job_definition: d, memory: §2}"),
        (
            "E414",
            "{job_definition: d, container_overrides: {resource_requirements: [{type: MEMORY, value: §2}]}}",
        ),
        (
            "E414",
            "{job_definition: d, container_overrides: {resourceRequirements: [{type: MEMORY, value: §'2'}]}}",
        ),
        ("E416", "{job_definition: d, container_overrides: {command: [a, §'']}}"),
        ("E410", "{job_definition: d, container_overrides: {environment: [{name: §AWS_BATCH_A, value: x}]}}"),
        ("E410", "{job_definition: d, environment: {A: x, §AWS_BATCH_A: x}}"),
        ("E403", "{job_definition: d, retry_strategy: {attempts: §11}}"),
        ("E417", "{job_definition: d, retry_strategy: {evaluateOnExit: §[{action: EXIT}]}}"),
        ("E402", "{job_definition: d, timeout: §{attempt_duration_seconds: 5}}"),
        ("E427", "{job_definition: {image: i, vcpus: 1, memory: 512, command: ['Ref::x']}}"),
        ("E423", "{job_definition: {image: i, vcpus: 1, memory: 5, container_properties: {user: §'a:'}}}"),
        (
            "E416",
            "{job_definition: d, "
            "ecs_properties_override: {task_properties: [{containers: [{command: [§'']}]}]}}",
        ),
        (
            "W501",
            "{job_definition: {image: i, vcpus: 1, memory: 512, environment: {A: x}, "
            "container_properties: {environment: [{name: DB_PASSWORD, value: §hunter2}]}}}",
        ),
        ("W506", "{job_definition: d, container_overrides: {memory: §512}}"),
        ("E201", "{job_definition: {container_properties: {image: §[busybox], vcpus: 1, memory: 512}}}"),
    ],
)
def test_finding_is_where_the_value_is_written(rule, job, tmp_path):
    check(rule, spec(job), tmp_path / "w.yaml")


@pytest.mark.parametrize(
    ("rule", "defaults", "job"),
    [
        ("E414", "{job_queue: q, job_definition: d, memory: §2}", "{}"),
        ("E414", "{job_queue: q, job_definition: d, container_overrides: {memory: §2}}", "{vcpus: 1}"),
        ("E418", "{job_queue: q, job_definition: §{image: i, vcpus: 1}}", "{}"),
        ("E415", "{job_queue: q, job_definition: {image: i, vcpus: 1, memory: 512}}", "{gpus: §0}"),
    ],
)
def test_finding_about_an_inherited_value_is_in_the_defaults(rule, defaults, job, tmp_path):
    check(rule, spec(job, f"defaults: {defaults}"), tmp_path / "w.yaml")


def test_finding_about_a_fragment_is_in_the_fragment(tmp_path):
    (tmp_path / "base.yaml").write_text(
        "defaults:\n  job_queue: q\n  job_definition:\n    container_properties: {image: busybox}\n"
    )
    (tmp_path / "w.yaml").write_text("workflow: w\nextends: base.yaml\njobs: {a: {}}\n")

    with pytest.raises(InvalidSpecError) as raised:
        read_workflow(tmp_path / "w.yaml", shown_as="w.yaml")

    (finding,) = raised.value.findings
    text = "base.yaml:4:27: E418 the job definition of job 'a' has no vcpus and no memory"
    assert str(finding).startswith(text)


@pytest.mark.parametrize(
    ("rule", "definition"),
    [
        ("E418", "tool: §{image: busybox, vcpus: 1}"),
        ("E414", "tool: {image: busybox, vcpus: 1, memory: §2}"),
        ("E412", "_tool: §{image: busybox, vcpus: 1, memory: 512}"),
        ("W501", "tool: {image: busybox, vcpus: 1, memory: 512, environment: {TOKEN: §abc}}"),
    ],
)
def test_job_definitions_among_the_resources_are_checked(rule, definition, tmp_path):
    head = f"resources: {{job_definitions: {{{definition}}}}}"

    check(rule, spec("{job_queue: q, job_definition: d}", head), tmp_path / "w.yaml")


def test_override_is_checked_over_the_definition_among_the_resources(tmp_path):
    head = f"resources: {{job_definitions: {{tool: {TOOL}}}}}"

    check("E413", spec("{job_queue: q, job_definition: tool, vcpus: §4}", head), tmp_path / "w.yaml")


def test_other_revision_of_a_definition_among_the_resources_is_unknown(tmp_path):
    head = f"resources: {{job_definitions: {{tool: {TOOL}}}}}"
    text = spec("{job_queue: q, job_definition: 'tool:3', vcpus: 4}", head).replace("§", "")

    assert findings_in(text, tmp_path / "w.yaml") == []


def test_backfill_overrides_are_checked(tmp_path):
    text = "workflow: w\njobs: {a: {job_queue: q, job_definition: d}}\nbackfill: {attempts: §11}\n"

    check("E403", text, tmp_path / "w.yaml")
    check("E410", text.replace("attempts: §11", "environment: {§AWS_BATCH_A: x}"), tmp_path / "w.yaml")


@pytest.mark.parametrize("size", [1, 10_001, 25_000])
def test_arrays_that_the_plan_splits_are_valid(size, tmp_path):
    job = f"{{job_definition: {{image: i, vcpus: 1, memory: 512}}, array_size: {size}}}"

    assert findings_in(spec(job).replace("§", ""), tmp_path / "w.yaml") == []


def test_array_of_a_multi_node_job_is_refused(tmp_path):
    definition = (
        "{node_properties: {num_nodes: 2, main_node: 0, node_range_properties: "
        "[{target_nodes: '0:', container: {image: i, vcpus: 1, memory: 512}}]}}"
    )
    job = f"{{job_definition: {definition}, array_size: §25000}}"

    check("E426", spec(job), tmp_path / "w.yaml")


def test_large_array_over_several_containers_needs_an_override(tmp_path):
    definition = (
        "{ecs_properties: {task_properties: [{containers: [{image: i, name: c, resource_requirements: "
        "[{type: VCPU, value: '1'}, {type: MEMORY, value: '512'}]}]}]}}"
    )

    check("E419", spec(f"{{job_definition: {definition}, array_size: 25000}}"), tmp_path / "w.yaml")


def test_mistyped_numbers_cost_no_time(tmp_path):
    definition = (
        f"{{node_properties: {{num_nodes: {10**12}, main_node: 0, node_range_properties: "
        "[{target_nodes: '0:', container: {image: i, vcpus: 1, memory: 512}}]}}"
    )
    text = spec(f"{{job_definition: {definition}}}").replace("§", "") + (
        f"  b: {{job_definition: {{image: i, vcpus: 1, memory: 512}}, array_size: {10**30}}}\n"
    )

    assert [rule for rule, _, _ in findings_in(text, tmp_path / "w.yaml")] == ["E401"]


def test_wrong_type_hides_no_other_finding(tmp_path):
    job = (
        "{job_definition: d, container_overrides: {command: [a, {}, ''], environment: {A: 1}, "
        "resource_requirements: [5, {type: MEMORY, value: 2}]}}"
    )

    found = findings_in(spec(job).replace("§", ""), tmp_path / "w.yaml")

    assert [rule for rule, _, _ in found] == ["E201", "E416", "E201", "E201", "E414"]


def test_finding_of_many_jobs_is_reported_once(tmp_path):
    text = "workflow: w\ndefaults: {job_queue: q, job_definition: {image: i}}\njobs: {a: {}, b: {}, c: {}}\n"
    (tmp_path / "w.yaml").write_text(text)

    with pytest.raises(InvalidSpecError) as raised:
        read_workflow(tmp_path / "w.yaml")

    (finding,) = raised.value.findings
    assert finding.text.endswith("register the job definition (and 2 more jobs)")


def test_workflows_written_in_python_are_checked():
    definition = {"container_properties": {"image": "busybox"}}
    workflow = Workflow(workflow="w", jobs={"a": {"job_queue": "q", "job_definition": definition}})

    with pytest.raises(SpecError, match="E418 the job definition of job 'a' has no vcpus and no memory"):
        validate_workflow(workflow)


ECS = (
    "{ecs_properties: {task_properties: [{containers: [{name: a, image: x, resource_requirements: [%s]}]}]}}"
)
AMOUNTS = "{type: VCPU, value: '1'}, {type: MEMORY, value: '512'}"


def test_environment_of_backfill_runs_matches_the_job_definitions(tmp_path):
    text = spec(
        f"{{job_definition: {ECS % AMOUNTS}}}", "defaults: {job_queue: q}\nbackfill: {§environment: {A: b}}"
    )

    check("E426", text, tmp_path / "w.yaml")


def test_mistakes_of_backfill_are_reported_once(tmp_path):
    text = spec("{job_definition: d}", "defaults: {job_queue: q}\nbackfill: {attempts: §11}")

    check("E403", text, tmp_path / "w.yaml")
