"""``ecsProperties``, ``eksProperties``, ``nodeProperties``, and which of them go together."""

from __future__ import annotations

from typing import Any, Final

from tests.aws_requests.bases import (
    changed,
    container,
    ec2,
    ecs,
    ecs_fargate,
    eks,
    multinode,
    node_range,
    requirements,
)
from tests.aws_requests.case import Case, Registration, accepted, refused

CONTAINERS: Final = "EcsTaskProperties.containers: 1 to 10 (UG: multi-container-jobs)"
NAMES: Final = "TaskContainerProperties.name: a unique identifier"
ESSENTIAL: Final = "TaskContainerProperties.essential: at least one essential container"
DEPENDENCY: Final = "TaskContainerDependency"
NOT_ESSENTIAL: Final = "boto/boto3#2436: A dependency container … cannot be an essential container"
SECONDS: Final = "TaskContainerProperties.startTimeout: 2 seconds at least, 120 at most on Fargate"
NOT_VALID: Final = "Netflix/metaflow#749: Fargate resource requirements (1.00 vCPU, 4000 MiB) not valid."
SIZES: Final = {"resourceRequirements": requirements("0.5", "1024")}
"""Half of the size of a Fargate task."""

ONE_KIND: Final = "RegisterJobDefinition.type: one of containerProperties, ecsProperties, eksProperties"


def waits(condition: str | None, *, essential: bool = False, name: str | None = "a") -> Registration:
    """Return a task whose container ``b`` waits for container ``a``."""
    dependency = changed({"containerName": name, "condition": condition}, {})
    return ecs([container("a", essential=essential), container("b", dependsOn=[dependency])])


def after(*names: str) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": "START"} for name in names]


def fargate_one(task: dict[str, Any] | None = None, **changes: Any) -> Registration:
    sizes = {"resourceRequirements": requirements("1", "2048"), **changes}
    return ecs_fargate([container(**sizes)], task)


TASKS: Final[list[Case]] = [
    accepted("task", ecs(), CONTAINERS),
    accepted("task-without-name", ecs([container(name=None)]), "TaskContainerProperties.name: Required: No"),
    accepted("task-10-containers", ecs([container(f"c{number}") for number in range(10)]), CONTAINERS),
    refused("task-11-containers", ecs([container(f"c{number}") for number in range(11)]), CONTAINERS),
    refused("task-no-containers", ecs(task={"containers": []}), CONTAINERS),
    refused(
        "task-without-containers", ecs(task={"containers": None}), "EcsTaskProperties.containers: Required."
    ),
    refused(
        "tasks-none",
        ec2(containerProperties=None, ecsProperties={"taskProperties": []}),
        "EcsProperties: one task",
    ),
    refused(
        "tasks-two",
        ec2(containerProperties=None, ecsProperties={"taskProperties": [{"containers": [container()]}] * 2}),
        "EcsProperties.taskProperties: limited to one task element",
    ),
    refused("tasks-missing", ec2(containerProperties=None, ecsProperties={}), "EcsProperties: Required."),
    refused("task-image-missing", ecs([container(image=None)]), "TaskContainerProperties.image: Required."),
    refused(
        "task-image-256-characters", ecs([container(image="i" * 256)]), "TaskContainerProperties.image: 255"
    ),
    refused("task-sizes-missing", ecs([container(resourceRequirements=None)]), "vCPU is not provided."),
    refused(
        "task-memory-missing-of-second",
        ecs([container("a"), container("b", resourceRequirements=requirements("1"))]),
        "ResourceRequirement: MEMORY",
    ),
    refused(
        "task-memory-3",
        ecs([container(resourceRequirements=requirements("1", "3"))]),
        "ResourceRequirement.value",
    ),
    refused("task-legacy-vcpus", ecs([container(vcpus=1)]), "TaskContainerProperties has no vcpus"),
    refused(
        "task-command-empty-word", ecs([container(command=[""])]), "boto/boto3#3612: Command cannot be empty"
    ),
    refused(
        "task-environment-reserved",
        ecs([container(environment=[{"name": "AWS_BATCH_X", "value": "x"}])]),
        "TaskContainerProperties.environment",
    ),
    refused("task-user-with-space", ecs([container(user="a b")]), "User … does not match regex"),
    refused("task-names-missing-of-two", ecs([container(name=None), container(name=None)]), NAMES),
    refused("task-name-missing-of-second", ecs([container("a"), container(name=None)]), NAMES),
    refused("task-names-equal", ecs([container("a"), container("a")]), NAMES),
    accepted("task-one-essential", ecs([container("a", essential=False), container("b")]), ESSENTIAL),
    refused("task-not-essential", ecs([container(essential=False)]), ESSENTIAL),
    refused(
        "task-none-essential",
        ecs([container("a", essential=False), container("b", essential=False)]),
        ESSENTIAL,
    ),
    accepted("task-waits-for-start", waits("START"), DEPENDENCY),
    accepted("task-waits-for-start-of-essential", waits("START", essential=True), DEPENDENCY),
    accepted("task-waits-for-complete", waits("COMPLETE"), DEPENDENCY),
    accepted("task-waits-for-success", waits("SUCCESS"), DEPENDENCY),
    refused("task-waits-for-complete-of-essential", waits("COMPLETE", essential=True), NOT_ESSENTIAL),
    refused("task-waits-for-success-of-essential", waits("SUCCESS", essential=True), NOT_ESSENTIAL),
    refused("task-waits-for-health", waits("HEALTHY"), f"{DEPENDENCY}.condition: START, COMPLETE, SUCCESS"),
    refused("task-waits-in-lower-case", waits("start"), f"{DEPENDENCY}.condition: START, COMPLETE, SUCCESS"),
    refused("task-waits-without-condition", waits(None), f"{DEPENDENCY}: unknown: no condition to wait for"),
    refused(
        "task-waits-without-name",
        waits("START", name=None),
        f"{DEPENDENCY}: unknown: no container to wait for",
    ),
    refused("task-waits-for-unknown", waits("START", name="other"), f"{DEPENDENCY}.containerName"),
    refused(
        "task-waits-for-itself", ecs([container("a", dependsOn=after("a"))]), f"{DEPENDENCY}: no start order"
    ),
    refused(
        "task-waits-in-a-cycle",
        ecs([container("a", dependsOn=after("b")), container("b", dependsOn=after("a"))]),
        f"{DEPENDENCY}: no start order",
    ),
    refused(
        "task-waits-in-a-cycle-of-three",
        ecs(
            [
                container("a", dependsOn=after("b")),
                container("b", dependsOn=after("c")),
                container("c", dependsOn=after("a")),
            ]
        ),
        f"{DEPENDENCY}: no start order",
    ),
    *(
        accepted(f"task-{member}-2", ecs([container(**{member: 2})]), SECONDS)
        for member in ("startTimeout", "stopTimeout")
    ),
    *(
        refused(f"task-{member}-1", ecs([container(**{member: 1})]), SECONDS)
        for member in ("startTimeout", "stopTimeout")
    ),
    accepted("task-stopTimeout-121-on-ec2", ecs([container(stopTimeout=121)]), SECONDS),
    refused(
        "task-network-configuration-on-ec2",
        ecs(task={"networkConfiguration": {"assignPublicIp": "ENABLED"}}),
        "EcsTaskProperties.networkConfiguration: EC2 must not specify it",
    ),
    *(
        accepted(f"task-{member}-{value}", ecs(task={member: value}), f"EcsTaskProperties.{member}")
        for member, value in (
            ("ipcMode", "host"),
            ("ipcMode", "task"),
            ("ipcMode", "none"),
            ("pidMode", "host"),
            ("pidMode", "task"),
        )
    ),
    refused(
        "task-ipcMode-private",
        ecs(task={"ipcMode": "private"}),
        "EcsTaskProperties.ipcMode: host, task, none",
    ),
    refused("task-pidMode-none", ecs(task={"pidMode": "none"}), "EcsTaskProperties.pidMode: host, task"),
    refused(
        "task-firelens-without-type",
        ecs([container(firelensConfiguration={"options": {}})]),
        "FirelensConfiguration.type: Required.",
    ),
]

FARGATE_TASKS: Final[list[Case]] = [
    accepted("task-fargate", ecs_fargate(), CONTAINERS),
    accepted(
        "task-fargate-sum",
        ecs_fargate([container("a", **SIZES), container("b", **SIZES)]),
        "ResourceRequirement.value",
    ),
    refused(
        "task-fargate-sum-of-three", ecs_fargate([container(name, **SIZES) for name in "abc"]), NOT_VALID
    ),
    refused(
        "task-fargate-memory-between",
        ecs_fargate([container(resourceRequirements=requirements("1", "5000"))]),
        NOT_VALID,
    ),
    refused(
        "task-fargate-without-role",
        ecs_fargate(task={"executionRoleArn": None}),
        "EcsTaskProperties.executionRoleArn",
    ),
    refused("task-fargate-privileged", fargate_one(privileged=True), "TaskContainerProperties.privileged"),
    refused(
        "task-fargate-gpu",
        fargate_one(resourceRequirements=requirements("1", "2048", "1")),
        "no GPUs on Fargate",
    ),
    refused(
        "task-fargate-shared-memory", fargate_one(linuxParameters={"sharedMemorySize": 64}), "LinuxParameters"
    ),
    refused(
        "task-fargate-host-volume",
        fargate_one({"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]}),
        "Volume.host",
    ),
    *(
        accepted(
            f"task-fargate-storage-{size}",
            fargate_one({"ephemeralStorage": {"sizeInGiB": size}}),
            "EphemeralStorage",
        )
        for size in (21, 200)
    ),
    *(
        refused(
            f"task-fargate-storage-{size}",
            fargate_one({"ephemeralStorage": {"sizeInGiB": size}}),
            "EphemeralStorage",
        )
        for size in (20, 201)
    ),
    accepted("task-fargate-stopTimeout-120", fargate_one(stopTimeout=120), SECONDS),
    refused("task-fargate-stopTimeout-121", fargate_one(stopTimeout=121), SECONDS),
    refused("task-fargate-startTimeout-121", fargate_one(startTimeout=121), SECONDS),
    accepted(
        "managed-instances-task", ecs(platformCapabilities=["MANAGED_INSTANCES"]), "platformCapabilities"
    ),
]

KINDS: Final[list[Case]] = [
    refused("kind-none", ec2(containerProperties=None), ONE_KIND),
    refused("kind-container-and-task", ec2(ecsProperties=ecs()["ecsProperties"]), ONE_KIND),
    refused("kind-container-and-pod", ec2(eksProperties=eks()["eksProperties"]), ONE_KIND),
    refused("kind-task-and-pod", ecs(eksProperties=eks()["eksProperties"]), ONE_KIND),
    refused("kind-container-with-nodes", multinode(type="container"), ONE_KIND),
    refused(
        "kind-multinode-without-nodes",
        ec2(type="multinode"),
        "RegisterJobDefinition.type: nodeProperties is required",
    ),
    refused("kind-unknown", ec2(type="batch"), "RegisterJobDefinition.type: container or multinode"),
    refused("kind-missing", ec2(type=None), "RegisterJobDefinition.type: Required."),
    accepted("pod", eks(), "EksProperties"),
    refused("pod-image-missing", eks({"image": None}), "EksContainer.image: Required."),
    refused("pod-no-containers", eks(pod={"containers": []}), "unknown: a pod without containers"),
    refused(
        "pod-11-containers",
        eks(pod={"containers": [{"name": f"c{n}", "image": "x"} for n in range(11)]}),
        "EksPodProperties.containers: limited to 10",
    ),
    refused(
        "pod-names-equal",
        eks(pod={"containers": [{"name": "a", "image": "x"}] * 2}),
        "EksContainer.name: must be unique",
    ),
    refused(
        "pod-reserved-variable", eks({"env": [{"name": "AWS_BATCH_X", "value": "x"}]}), "EksContainer.env"
    ),
    refused(
        "pod-with-platform",
        eks(platformCapabilities=["EC2"]),
        "RegisterJobDefinition.platformCapabilities: must not be specified on EKS",
    ),
    refused(
        "pod-with-propagate-tags",
        eks(propagateTags=True),
        "RegisterJobDefinition.propagateTags: must not be specified on EKS",
    ),
    accepted("multinode", multinode(), "NodeProperties"),
    accepted(
        "multinode-two-ranges",
        multinode({"nodeRangeProperties": [node_range("0:0"), node_range("1:")]}),
        "NodeRangeProperty.targetNodes",
    ),
    refused(
        "multinode-main-node-beyond",
        multinode({"mainNode": 2}),
        "NodeProperties.mainNode: fewer than the number of nodes",
    ),
    refused("multinode-main-node-negative", multinode({"mainNode": -1}), "NodeProperties.mainNode: an index"),
    refused("multinode-no-nodes", multinode({"numNodes": 0}), "NodeProperties.numNodes"),
    refused(
        "multinode-without-ranges", multinode({"nodeRangeProperties": None}), "NodeProperties: Required."
    ),
    refused(
        "multinode-no-ranges",
        multinode({"nodeRangeProperties": []}),
        "NodeRangeProperty: must account for all nodes",
    ),
    refused(
        "multinode-node-without-range",
        multinode({"nodeRangeProperties": [node_range("0:0")]}),
        "NodeRangeProperty.targetNodes: ranges must account for all nodes",
    ),
    refused(
        "multinode-malformed-range",
        multinode({"nodeRangeProperties": [node_range("0-1")]}),
        "NodeRangeProperty.targetNodes: 0:n",
    ),
    refused(
        "multinode-sizes-missing",
        multinode({"nodeRangeProperties": [node_range("0:", resourceRequirements=None)]}),
        "ContainerProperties.vcpus: at least once for each node",
    ),
]

CASES: Final = [*TASKS, *FARGATE_TASKS, *KINDS]
