"""What AWS Batch refuses in RegisterJobDefinition."""

import pytest

from airflow_batch_provider.aws_requests import refusals_of_registration

ROLE = "arn:aws:iam::123456789012:role/execution"
SIZES = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]
CONTAINER = {"image": "busybox", "resourceRequirements": SIZES}
FARGATE = {"platformCapabilities": ["FARGATE"]}


def requires(vcpus, memory, **more):
    sizes = {"VCPU": vcpus, "MEMORY": memory, **more}
    return [{"type": kind, "value": value} for kind, value in sizes.items()]


def of_container(**members):
    return {"type": "container", "containerProperties": {**CONTAINER, **members}}


def on_fargate(**members):
    return {**of_container(executionRoleArn=ROLE, **members), **FARGATE}


def of_task(*containers, **members):
    return {"type": "container", "ecsProperties": {"taskProperties": [{"containers": containers, **members}]}}


def of_pod(*containers):
    return {"type": "container", "eksProperties": {"podProperties": {"containers": list(containers)}}}


def of_nodes(nodes, *, container=CONTAINER, **members):
    ranges = [{"targetNodes": nodes, "container": container}]
    properties = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": ranges, **members}
    return {"type": "multinode", "nodeProperties": properties}


def refused(request):
    return {(refusal.rule, refusal.path) for refusal in refusals_of_registration(request)}


IN_CONTAINER = ("containerProperties",)
IN_RANGE = ("nodeProperties", "nodeRangeProperties", 0)
IN_CONTAINERS = ("ecsProperties", "taskProperties", 0, "containers")
MAIN = {"name": "main", **CONTAINER}
SIDE = {"name": "side", **CONTAINER, "essential": False}


@pytest.mark.parametrize(
    "request_",
    [
        of_container(),
        of_container(resourceRequirements=[], vcpus=1, memory=512),
        of_container(user="app:data"),
        of_container(command=[" "]),
        of_container(resourceRequirements=requires("{{ params.vcpus }}", "{{ params.memory }}")),
        of_container(resourceRequirements="{{ params.sizes }}"),
        of_container(image="{{ params.image }}", environment="{{ params.environment }}"),
        of_container(resourceRequirements=requires("1", "2048", GPU="1")),
        on_fargate(),
        on_fargate(resourceRequirements=requires("0.25", "512")),
        on_fargate(resourceRequirements=requires("1.0", "2048")),
        on_fargate(resourceRequirements=requires("{{ params.vcpus }}", "5000")),
        on_fargate(privileged=False, ulimits=[], logConfiguration={"logDriver": "splunk"}),
        on_fargate(ephemeralStorage={"sizeInGiB": 21}, networkConfiguration={"assignPublicIp": "ENABLED"}),
        of_task(CONTAINER),
        of_task(MAIN, SIDE),
        {**of_task(MAIN, SIDE, executionRoleArn=ROLE), **FARGATE},
        of_task({**MAIN, "dependsOn": [{"containerName": "side", "condition": "SUCCESS"}]}, SIDE),
        {
            **of_task(
                {**MAIN, "resourceRequirements": requires("0.75", "1536")},
                {**SIDE, "resourceRequirements": requires("0.25", "512")},
                executionRoleArn=ROLE,
            ),
            **FARGATE,
        },
        of_pod({"image": "busybox"}),
        of_nodes("0:"),
        of_nodes(":1"),
        of_nodes("{{ params.nodes }}"),
        {**of_container(), "timeout": {}, "retryStrategy": {"attempts": "{{ params.attempts }}"}},
        {**of_container(), "retryStrategy": {"attempts": 1, "evaluateOnExit": [{"action": "exit"}]}},
        {**of_container(), "tags": {"team": "größe + {{ params.team & 1 }}"}},
    ],
)
def test_valid_definition_is_not_refused(request_):
    assert refused(request_) == set()


@pytest.mark.parametrize(
    ("request_", "rule", "path"),
    [
        ({"type": "container"}, "E418", IN_CONTAINER),
        (of_container(image=None), "E418", IN_CONTAINER),
        (of_container(resourceRequirements=SIZES[:1]), "E418", IN_CONTAINER),
        ({**of_container(), **FARGATE}, "E418", IN_CONTAINER),
        ({**of_container(), **of_task(MAIN)}, "E418", ()),
        ({**of_container(), "type": "multinode"}, "E418", ("type",)),
        ({**of_container(), "jobDefinitionName": "_step"}, "E412", ("jobDefinitionName",)),
        ({**of_container(), "jobDefinitionName": "a.b"}, "E412", ("jobDefinitionName",)),
        (
            of_container(resourceRequirements=requires("0.5", "512")),
            "E413",
            (*IN_CONTAINER, "resourceRequirements", 0, "value"),
        ),
        (
            of_container(resourceRequirements=requires("1", "3")),
            "E414",
            (*IN_CONTAINER, "resourceRequirements", 1, "value"),
        ),
        (
            of_container(resourceRequirements=requires("one", "512")),
            "E413",
            (*IN_CONTAINER, "resourceRequirements", 0, "value"),
        ),
        (
            of_container(resourceRequirements=requires("1", "512", GPU="0")),
            "E415",
            (*IN_CONTAINER, "resourceRequirements", 2, "value"),
        ),
        (of_container(resourceRequirements=SIZES[:1], memory=2), "E414", (*IN_CONTAINER, "memory")),
        (
            of_container(environment=[{"name": "AWS_BATCH_X", "value": "1"}]),
            "E410",
            (*IN_CONTAINER, "environment", 0, "name"),
        ),
        (of_container(environment=[{"value": "1"}]), "E410", (*IN_CONTAINER, "environment", 0)),
        (of_container(command=["a", ""]), "E416", (*IN_CONTAINER, "command", 1)),
        (
            of_container(resourceRequirements=requires("1", "512.5")),
            "E414",
            (*IN_CONTAINER, "resourceRequirements", 1, "value"),
        ),
        (
            of_container(linuxParameters={"swappiness": 101}),
            "E432",
            (*IN_CONTAINER, "linuxParameters", "swappiness"),
        ),
        (
            on_fargate(runtimePlatform={"cpuArchitecture": "x86"}),
            "E432",
            (*IN_CONTAINER, "runtimePlatform", "cpuArchitecture"),
        ),
        (
            on_fargate(runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, user="a"),
            "E432",
            (*IN_CONTAINER, "user"),
        ),
        (
            on_fargate(linuxParameters={"maxSwap": 0}),
            "E421",
            (*IN_CONTAINER, "linuxParameters", "maxSwap"),
        ),
        (of_task(MAIN, ipcMode="private"), "E432", ("ecsProperties", "taskProperties", 0, "ipcMode")),
        (of_container(user="app:"), "E423", (*IN_CONTAINER, "user")),
        (of_container(image="x" * 256), "E423", (*IN_CONTAINER, "image")),
        (
            of_container(networkConfiguration={"assignPublicIp": "ENABLED"}),
            "E421",
            (*IN_CONTAINER, "networkConfiguration"),
        ),
        (
            of_container(ephemeralStorage={"sizeInGiB": 201}),
            "E422",
            (*IN_CONTAINER, "ephemeralStorage", "sizeInGiB"),
        ),
        (on_fargate(privileged=True), "E421", (*IN_CONTAINER, "privileged")),
        (
            on_fargate(ulimits=[{"name": "nofile", "hardLimit": 1, "softLimit": 1}]),
            "E421",
            (*IN_CONTAINER, "ulimits"),
        ),
        (
            on_fargate(linuxParameters={"sharedMemorySize": 64}),
            "E421",
            (*IN_CONTAINER, "linuxParameters", "sharedMemorySize"),
        ),
        (
            on_fargate(volumes=[{"name": "v", "host": {"sourcePath": "/v"}}]),
            "E421",
            (*IN_CONTAINER, "volumes", 0, "host", "sourcePath"),
        ),
        (
            on_fargate(logConfiguration={"logDriver": "json-file"}),
            "E421",
            (*IN_CONTAINER, "logConfiguration", "logDriver"),
        ),
        (
            on_fargate(resourceRequirements=requires("1", "2048", GPU="1")),
            "E421",
            (*IN_CONTAINER, "resourceRequirements", 2, "value"),
        ),
        (on_fargate(memory=2048), "E421", (*IN_CONTAINER, "memory")),
        (
            on_fargate(resourceRequirements=requires("1", "1024")),
            "E413",
            (*IN_CONTAINER, "resourceRequirements", 1, "value"),
        ),
        (
            on_fargate(resourceRequirements=requires("3", "8192")),
            "E413",
            (*IN_CONTAINER, "resourceRequirements", 0, "value"),
        ),
        ({**of_container(), "platformCapabilities": ["MANAGED_INSTANCES"]}, "E421", IN_CONTAINER),
        (of_task(), "E424", IN_CONTAINERS),
        (of_task(*[{**MAIN, "name": f"c{i}"} for i in range(11)]), "E424", IN_CONTAINERS),
        (of_task(SIDE), "E424", IN_CONTAINERS),
        (of_task(MAIN, {**SIDE, "name": "main"}), "E424", (*IN_CONTAINERS, 1, "name")),
        (of_task(MAIN, {**SIDE, "name": None}), "E424", (*IN_CONTAINERS, 1)),
        (of_task({**MAIN, "name": "a b"}), "E424", (*IN_CONTAINERS, 0, "name")),
        (of_task({**MAIN, "stopTimeout": 1}), "E424", (*IN_CONTAINERS, 0, "stopTimeout")),
        (of_task({**MAIN, "image": ""}), "E418", (*IN_CONTAINERS, 0)),
        (
            {"type": "container", "ecsProperties": {"taskProperties": []}},
            "E424",
            ("ecsProperties", "taskProperties"),
        ),
        (
            of_task({**MAIN, "dependsOn": [{"containerName": "other", "condition": "START"}]}),
            "E425",
            (*IN_CONTAINERS, 0, "dependsOn", 0, "containerName"),
        ),
        (
            of_task(MAIN, {**SIDE, "dependsOn": [{"containerName": "main", "condition": "SUCCESS"}]}),
            "E425",
            (*IN_CONTAINERS, 1, "dependsOn", 0, "condition"),
        ),
        (
            of_task(MAIN, {**SIDE, "dependsOn": [{"containerName": "main", "condition": "HEALTHY"}]}),
            "E425",
            (*IN_CONTAINERS, 1, "dependsOn", 0, "condition"),
        ),
        (
            of_task(
                {**MAIN, "dependsOn": [{"containerName": "side", "condition": "START"}]},
                {**SIDE, "dependsOn": [{"containerName": "main", "condition": "START"}]},
            ),
            "E425",
            (*IN_CONTAINERS, 0, "dependsOn"),
        ),
        (
            {
                **of_task(
                    {**MAIN, "resourceRequirements": requires("1", "1024")}, SIDE, executionRoleArn=ROLE
                ),
                **FARGATE,
            },
            "E413",
            (*IN_CONTAINERS, 0, "resourceRequirements", 1, "value"),
        ),
        ({**of_task(MAIN), **FARGATE}, "E418", ("ecsProperties", "taskProperties", 0)),
        (
            {**of_container(), "timeout": {"attemptDurationSeconds": 59}},
            "E402",
            ("timeout", "attemptDurationSeconds"),
        ),
        ({**of_container(), "retryStrategy": {"attempts": 0}}, "E403", ("retryStrategy", "attempts")),
        ({**of_container(), "retryStrategy": {}}, "E417", ("retryStrategy",)),
        (
            {**of_container(), "retryStrategy": {"attempts": 1, "evaluateOnExit": [{"action": "EXIT"}] * 6}},
            "E417",
            ("retryStrategy", "evaluateOnExit"),
        ),
        ({**of_container(), "schedulingPriority": 10_000}, "E404", ("schedulingPriority",)),
        ({**of_container(), "tags": {f"t{i}": "" for i in range(51)}}, "E406", ("tags",)),
        ({**of_container(), "tags": {"AWS:x": ""}}, "E411", ("tags", "AWS:x")),
        ({**of_container(), "tags": {"a": "b&c"}}, "E420", ("tags", "a")),
        (of_container(command=["x" * 25_000]), "E428", ()),
        (
            {
                **of_container(),
                "consumableResourceProperties": {
                    "consumableResourceList": [{"consumableResource": "license", "quantity": 0}]
                },
            },
            "E429",
            ("consumableResourceProperties", "consumableResourceList", 0, "quantity"),
        ),
        (of_nodes("0:", mainNode=2), "E430", ("nodeProperties", "mainNode")),
        (of_nodes("0:", numNodes=0), "E430", ("nodeProperties", "numNodes")),
        (of_nodes("1:"), "E430", ("nodeProperties", "nodeRangeProperties")),
        (of_nodes("0:0"), "E430", ("nodeProperties", "nodeRangeProperties")),
        (of_nodes("0-1"), "E430", (*IN_RANGE, "targetNodes")),
        (of_nodes("0:", container=None), "E430", IN_RANGE),
        (of_nodes("0:", container={**CONTAINER, "image": ""}), "E418", (*IN_RANGE, "container")),
        ({**of_nodes("0:"), **FARGATE}, "E421", ("nodeProperties",)),
        (of_pod(), "E431", ("eksProperties", "podProperties")),
        (of_pod(*[{"image": "i"}] * 11), "E431", ("eksProperties", "podProperties", "containers")),
        (
            of_pod({"image": "i", "name": "a"}, {"image": "i", "name": "a"}),
            "E431",
            ("eksProperties", "podProperties", "containers", 1, "name"),
        ),
        (of_pod({"name": "a"}), "E418", ("eksProperties", "podProperties", "containers", 0)),
        ({**of_pod({"image": "i"}), "propagateTags": True}, "E421", ("propagateTags",)),
        (
            {
                "type": "container",
                "eksProperties": {
                    "podProperties": {"containers": [{"image": "i", "env": [{"name": "AWS_BATCH_A"}]}]}
                },
            },
            "E410",
            ("eksProperties", "podProperties", "containers", 0, "env", 0, "name"),
        ),
    ],
)
def test_refused_definition_names_rule_and_place(request_, rule, path):
    assert refused(request_) == {(rule, path)}


def test_one_refusal_names_everything_that_is_missing():
    refusals = list(refusals_of_registration({"type": "container", **FARGATE}))

    assert [refusal.text for refusal in refusals] == [
        "has no image and no vcpus and no memory and no execution_role_arn; "
        "AWS Batch requires them to register the job definition"
    ]


def test_refusal_names_the_container_among_several():
    refusals = refusals_of_registration(of_task(MAIN, {**SIDE, "user": ":"}))

    assert [refusal.part for refusal in refusals] == ["container 'side'"]


@pytest.mark.parametrize("wrong", [None, True, 5, "text", [None], [5], {"a": 5}, [{"name": [], "type": {}}]])
@pytest.mark.parametrize(
    "member", ["resourceRequirements", "environment", "command", "image", "user", "volumes"]
)
def test_values_of_a_wrong_type_do_not_raise(member, wrong):
    list(refusals_of_registration(of_container(**{member: wrong})))
    list(refusals_of_registration(of_task({**MAIN, member: wrong}, {**SIDE, "dependsOn": wrong})))
