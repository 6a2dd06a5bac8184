"""What AWS Batch refuses in SubmitJob."""

import pytest

from airflow_batch_provider.aws_requests import refusals_of_submission

EC2 = {
    "type": "container",
    "containerProperties": {
        "image": "busybox",
        "command": ["load", "Ref::month"],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
    },
    "parameters": {"month": "01"},
}
FARGATE = {**EC2, "platformCapabilities": ["FARGATE"]}
TASK = {
    "type": "container",
    "ecsProperties": {
        "taskProperties": [
            {
                "containers": [
                    {"name": name, **EC2["containerProperties"], "command": ["run", "Ref::month"]}
                    for name in ("main", "side")
                ]
            }
        ]
    },
    "parameters": {"month": "01"},
    "platformCapabilities": ["FARGATE"],
}
JOB = {"jobName": "w-a", "jobQueue": "q", "jobDefinition": "d"}
IN_TASK = ("ecsPropertiesOverride", "taskProperties", 0, "containers")


def job(**members):
    return {**JOB, **members}


def overriding(*requirements, **members):
    wanted = [{"type": kind, "value": value} for kind, value in requirements]
    return job(containerOverrides={"resourceRequirements": wanted, **members})


def overriding_task(*containers):
    return job(ecsPropertiesOverride={"taskProperties": [{"containers": list(containers)}]})


def refused(request, definition):
    return {(refusal.rule, refusal.path) for refusal in refusals_of_submission(request, definition)}


@pytest.mark.parametrize(
    ("request_", "definition"),
    [
        (job(), None),
        (job(dependsOn=[{"jobId": "1"}, {"jobId": "2", "type": "SEQUENTIAL"}]), None),
        (job(dependsOn=[{"type": "SEQUENTIAL"}], arrayProperties={"size": 2}), None),
        (job(), EC2),
        (job(), FARGATE),
        (job(), TASK),
        (overriding(("VCPU", "0.5"), ("MEMORY", "1024")), None),
        (overriding(("VCPU", "2")), EC2),
        (overriding(("MEMORY", "5000")), EC2),
        (overriding(("MEMORY", "3072")), FARGATE),
        (overriding(("MEMORY", "{{ params.memory }}")), FARGATE),
        (overriding(command="{{ params.command }}"), EC2),
        (overriding(command=[]), EC2),
        (overriding_task({"name": "main", "command": ["x"]}), TASK),
        (overriding_task({"name": "{{ params.name }}", "command": ["x"]}), TASK),
        (job(parameters="{{ params.parameters }}"), {**EC2, "parameters": {}}),
        (job(parameters={"month": "{{ ds }}"}), {**EC2, "parameters": {}}),
        (overriding(command=["load", "{{ params.ref }} Ref::x"]), EC2),
        (
            job(jobQueue="{{ params.queue }}", jobDefinition="arn:aws:batch:eu-west-1:1:job-definition/d"),
            None,
        ),
        (job(containerOverrides={"command": ["x"]}), {**EC2, "ecsProperties": {}}),
    ],
)
def test_valid_job_is_not_refused(request_, definition):
    assert refused(request_, definition) == set()


@pytest.mark.parametrize(
    ("request_", "definition", "rule", "path"),
    [
        (job(jobName="_w-a"), None, "E412", ("jobName",)),
        (job(jobDefinition="d:latest"), None, "E412", ("jobDefinition",)),
        (job(jobQueue="a b"), None, "E412", ("jobQueue",)),
        (job(shareIdentifier="a-b"), None, "E412", ("shareIdentifier",)),
        (job(arrayProperties={"size": 1}), None, "E401", ("arrayProperties", "size")),
        (job(arrayProperties={"size": 10_001}), None, "E401", ("arrayProperties", "size")),
        (job(dependsOn=[{"jobId": str(i)} for i in range(21)]), None, "E305", ("dependsOn",)),
        (job(dependsOn=[{"type": "N_TO_N"}], arrayProperties={"size": 2}), None, "E305", ("dependsOn", 0)),
        (job(dependsOn=[{"type": "SEQUENTIAL"}]), None, "E305", ("dependsOn", 0, "type")),
        (job(dependsOn=[{"jobId": "1", "type": "N_TO_N"}]), None, "E305", ("dependsOn", 0, "type")),
        (job(dependsOn=[{"jobId": "1", "type": "ALL"}]), None, "E305", ("dependsOn", 0, "type")),
        (
            job(arrayProperties={"size": 2}),
            {"type": "multinode", "nodeProperties": {}},
            "E426",
            ("arrayProperties",),
        ),
        (
            job(containerOverrides={"instanceType": "m5.large"}),
            FARGATE,
            "E421",
            ("containerOverrides", "instanceType"),
        ),
        (job(schedulingPriorityOverride=-1), None, "E404", ("schedulingPriorityOverride",)),
        (job(timeout={"attemptDurationSeconds": 1}), None, "E402", ("timeout", "attemptDurationSeconds")),
        (job(tags={"a" * 129: ""}), None, "E411", ("tags", "a" * 129)),
        (overriding(command=["a", ""]), None, "E416", ("containerOverrides", "command", 1)),
        (
            overriding(environment=[{"name": "AWS_BATCH", "value": ""}]),
            None,
            "E410",
            ("containerOverrides", "environment", 0, "name"),
        ),
        (
            overriding(("VCPU", "0.5"), ("MEMORY", "8192")),
            None,
            "E413",
            ("containerOverrides", "resourceRequirements", 1, "value"),
        ),
        (
            overriding(("VCPU", "0.3")),
            None,
            "E413",
            ("containerOverrides", "resourceRequirements", 0, "value"),
        ),
        (
            overriding(("VCPU", "0.5")),
            EC2,
            "E413",
            ("containerOverrides", "resourceRequirements", 0, "value"),
        ),
        (
            overriding(("MEMORY", "5000")),
            FARGATE,
            "E413",
            ("containerOverrides", "resourceRequirements", 0, "value"),
        ),
        (
            overriding(("VCPU", "4")),
            FARGATE,
            "E413",
            ("containerOverrides", "resourceRequirements", 0, "value"),
        ),
        (
            overriding(("GPU", "1")),
            FARGATE,
            "E421",
            ("containerOverrides", "resourceRequirements", 0, "value"),
        ),
        (job(containerOverrides={"memory": 2048}), FARGATE, "E421", ("containerOverrides", "memory")),
        (job(containerOverrides={"command": ["x"]}), TASK, "E426", ("containerOverrides",)),
        (overriding_task({"name": "main"}), EC2, "E426", ("ecsPropertiesOverride",)),
        (job(nodeOverrides={"numNodes": 2}), EC2, "E426", ("nodeOverrides",)),
        (overriding_task({"name": "other"}), TASK, "E426", (*IN_TASK, 0, "name")),
        (overriding_task({"command": ["x"]}), TASK, "E426", (*IN_TASK, 0)),
        (
            job(ecsPropertiesOverride={"taskProperties": [{}, {}]}),
            TASK,
            "E426",
            ("ecsPropertiesOverride", "taskProperties"),
        ),
        (
            overriding_task({"name": "side", "resourceRequirements": [{"type": "VCPU", "value": "2"}]}),
            TASK,
            "E413",
            (*IN_TASK, 0, "resourceRequirements", 0, "value"),
        ),
        (overriding_task({"name": "side", "command": ["", "x"]}), None, "E416", (*IN_TASK, 0, "command", 0)),
        (overriding(command=["load", "Ref::day"]), EC2, "E427", ("containerOverrides", "command", 1)),
        (overriding(command=["--day=Ref::day"]), EC2, "E427", ("containerOverrides", "command", 0)),
        (job(), {**EC2, "parameters": {}}, "E427", ()),
        (job(parameters={"day": "1"}), {**EC2, "parameters": {}}, "E427", ("parameters",)),
        (
            job(
                eksPropertiesOverride={
                    "podProperties": {"containers": [{"name": "c", "env": [{"name": "AWS_BATCH_A"}]}]}
                }
            ),
            None,
            "E410",
            ("eksPropertiesOverride", "podProperties", "containers", 0, "env", 0, "name"),
        ),
        (
            job(
                nodeOverrides={
                    "nodePropertyOverrides": [{"targetNodes": "0:", "containerOverrides": {"command": [""]}}]
                }
            ),
            None,
            "E416",
            ("nodeOverrides", "nodePropertyOverrides", 0, "containerOverrides", "command", 0),
        ),
        (job(parameters={"a": "x" * 31_000}), None, "E408", ()),
        (overriding(command=["x" * 9000]), None, "E409", ()),
    ],
)
def test_refused_job_names_rule_and_place(request_, definition, rule, path):
    assert refused(request_, definition) == {(rule, path)}


def test_both_containers_of_a_task_need_their_parameters():
    refusals = list(refusals_of_submission(job(), {**TASK, "parameters": {}}))

    assert [(refusal.rule, refusal.path) for refusal in refusals] == [("E427", ()), ("E427", ())]


def test_what_is_wrong_with_the_definition_is_not_repeated():
    definition = {
        **FARGATE,
        "containerProperties": {"resourceRequirements": [{"type": "VCPU", "value": "3"}]},
    }

    assert refused(overriding(("MEMORY", "4096")), definition) == set()


def test_templates_do_not_count_towards_the_size():
    assert refused(job(parameters={"a": "{{ " + "x" * 31_000 + " }}"}), None) == set()


@pytest.mark.parametrize("wrong", [None, True, 5, "text", [None], [5], {"a": 5}, [{"name": [], "type": {}}]])
@pytest.mark.parametrize("definition", [None, EC2, TASK])
def test_values_of_a_wrong_type_do_not_raise(definition, wrong):
    for member in ("containerOverrides", "ecsPropertiesOverride", "nodeOverrides", "parameters", "tags"):
        list(refusals_of_submission(job(**{member: wrong}), definition))
    for member in ("command", "environment", "resourceRequirements", "name"):
        list(refusals_of_submission(overriding(**{member: wrong}), definition))
        list(refusals_of_submission(overriding_task({member: wrong}), definition))
