"""vCPUs and memory in AWS's form."""

import pytest

from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import parse_workflow

TOOL = "{image: busybox, vcpus: 1, memory: 2GiB}"
LEGACY_TOOL = "{image: busybox, container_properties: {vcpus: 1, memory: 2048}}"


def overrides_of(job, head=""):
    workflow = parse_workflow(f"workflow: w\n{head}defaults: {{job_queue: q}}\njobs:\n  a: {job}\n")
    return plan_workflow(workflow).jobs[0].request["containerOverrides"]


def requirements(**amounts):
    return {"resourceRequirements": [{"type": kind, "value": value} for kind, value in amounts.items()]}


@pytest.mark.parametrize(
    ("job", "sent"),
    [
        (f"{{job_definition: {TOOL}, container_overrides: {{memory: 4096}}}}", requirements(MEMORY="4096")),
        (
            f"{{job_definition: {TOOL}, container_overrides: {{vcpus: 2, memory: 4096}}}}",
            requirements(VCPU="2", MEMORY="4096"),
        ),
        (
            f"{{job_definition: {TOOL}, memory: 3GiB, container_overrides: {{memory: 4096}}}}",
            requirements(MEMORY="3072"),
        ),
        (
            f"{{job_definition: {LEGACY_TOOL}, container_overrides: {{memory: 4096}}}}",
            {"memory": 4096},
        ),
    ],
)
def test_deprecated_override_becomes_what_the_definition_has(job, sent):
    assert overrides_of(job) == sent


def test_deprecated_override_of_a_definition_among_the_resources_has_an_effect():
    head = f"resources: {{job_definitions: {{tool: {TOOL}}}}}\n"

    sent = overrides_of("{job_definition: tool, container_overrides: {memory: 4096}}", head)

    assert sent == requirements(MEMORY="4096")


def test_memory_with_a_unit_in_awss_form_is_sent_in_mebibytes():
    job = "{job_definition: d, container_overrides: {resource_requirements: [{type: MEMORY, value: 2GiB}]}}"

    assert overrides_of(job) == requirements(MEMORY="2048")


def test_memory_of_several_containers_is_sent_in_mebibytes():
    container = "{name: c, resource_requirements: [{type: MEMORY, value: 2GiB}]}"
    override = f"{{task_properties: [{{containers: [{container}]}}]}}"
    job = f"{{job_definition: d, ecs_properties_override: {override}}}"
    workflow = parse_workflow(f"workflow: w\ndefaults: {{job_queue: q}}\njobs: {{a: {job}}}\n")

    (task,) = plan_workflow(workflow).jobs[0].request["ecsPropertiesOverride"]["taskProperties"]

    assert task["containers"] == [{"name": "c", **requirements(MEMORY="2048")}]


def test_template_in_awss_form_stays():
    job = (
        "{job_definition: d, container_overrides: "
        "{resource_requirements: [{type: MEMORY, value: '{{ params.m }}'}]}}"
    )
    head = "airflow: {params: {m: 1}}\n"

    assert overrides_of(job, head) == requirements(MEMORY="{{ params.m }}")
