"""Overrides of SubmitJob over each kind of job definition."""

from __future__ import annotations

from typing import Any, Final

from tests.aws_requests.bases import (
    container,
    ec2,
    ecs,
    ecs_fargate,
    eks,
    fargate,
    legacy,
    multinode,
    override,
    override_task,
    requirements,
    submit,
)
from tests.aws_requests.case import Case, accepted, refused

LEGACY: Final = "ContainerOverrides.vcpus: doesn't override the definition's resourceRequirements"
REQUIREMENTS: Final = "ContainerOverrides.resourceRequirements"
NOT_VALID: Final = "Netflix/metaflow#749: Fargate resource requirements (1.00 vCPU, 4000 MiB) not valid."
ENVIRONMENT: Final = "ContainerOverrides.environment: names cannot start with AWS_BATCH"
EMPTY: Final = "boto/boto3#3612: Command cannot be empty"
KIND: Final = "unknown: the override is for another kind of properties"
ONE: Final = "EcsPropertiesOverride.taskProperties: limited to one element"
TWO: Final = ecs([container("a"), container("b")])


def vcpu(value: str) -> Any:
    return requirements(vcpu=value)


def memory(value: str) -> Any:
    return requirements(memory=value)


ON_EC2: Final[list[Case]] = [
    accepted("override-nothing", override(), "ContainerOverrides"),
    accepted("override-command", override(command=["echo", "x"]), "ContainerOverrides.command"),
    accepted("override-command-of-space", override(command=["echo", " "]), "ContainerOverrides.command"),
    refused("override-command-empty-word", override(command=["echo", ""]), EMPTY),
    refused("override-command-only-empty-word", override(command=[""]), EMPTY),
    refused("override-command-is-text", override(command="true"), "ContainerOverrides.command: a list"),
    accepted("override-environment", override(environment=[{"name": "A", "value": "x"}]), ENVIRONMENT),
    refused(
        "override-environment-reserved",
        override(environment=[{"name": "AWS_BATCH_X", "value": "x"}]),
        ENVIRONMENT,
    ),
    refused(
        "override-environment-empty-name",
        override(environment=[{"name": "", "value": "x"}]),
        "unknown: a variable without a name cannot exist in a process",
    ),
    refused(
        "override-environment-name-with-equals",
        override(environment=[{"name": "A=B", "value": "x"}]),
        "unknown: the name of a variable ends at the first '=' (environ(7))",
    ),
    accepted("override-vcpus", override(resourceRequirements=vcpu("4")), REQUIREMENTS),
    accepted("override-memory", override(resourceRequirements=memory("4096")), REQUIREMENTS),
    accepted("override-gpu", override(resourceRequirements=requirements(gpu="1")), REQUIREMENTS),
    refused(
        "override-vcpus-half-on-ec2", override(resourceRequirements=vcpu("0.5")), "ResourceRequirement.value"
    ),
    refused("override-vcpus-zero", override(resourceRequirements=vcpu("0")), "ResourceRequirement.value"),
    refused("override-vcpus-word", override(resourceRequirements=vcpu("two")), "ResourceRequirement.value"),
    accepted("override-memory-4", override(resourceRequirements=memory("4")), "ResourceRequirement.value"),
    refused("override-memory-3", override(resourceRequirements=memory("3")), "ResourceRequirement.value"),
    refused(
        "override-memory-with-unit", override(resourceRequirements=memory("4G")), "ResourceRequirement.value"
    ),
    refused(
        "override-gpu-half",
        override(resourceRequirements=requirements(gpu="0.5")),
        "ResourceRequirement.value",
    ),
    refused(
        "override-requirement-unknown-type",
        override(resourceRequirements=[{"type": "DISK", "value": "1"}]),
        "ResourceRequirement.type",
    ),
    accepted(
        "override-legacy-over-legacy", override(legacy(), vcpus=2, memory=1024), "ContainerOverrides.vcpus"
    ),
    accepted("override-legacy-over-requirements", override(vcpus=2, memory=1024), LEGACY),
    accepted(
        "override-requirements-over-legacy", override(legacy(), resourceRequirements=vcpu("2")), REQUIREMENTS
    ),
    refused(
        "override-legacy-memory-3", override(legacy(), memory=3), "ContainerProperties.memory: at least 4 MiB"
    ),
    refused(
        "override-legacy-vcpus-zero", override(legacy(), vcpus=0), "ContainerProperties.vcpus: at least one"
    ),
    refused(
        "override-legacy-memory-is-text", override(legacy(), memory="512"), "ContainerOverrides: an integer"
    ),
    accepted("override-of-8100-characters", override(command=["x" * 8000]), "ContainerOverrides"),
    accepted(
        "override-of-8300-characters",
        override(command=["x" * 8300]),
        "ASFHyP3/hyp3#3041: taken; the job fails: Container Overrides length must be at most 8192",
    ),
]

ON_FARGATE: Final[list[Case]] = [
    accepted(
        "override-fargate-both",
        override(fargate(), resourceRequirements=requirements("2", "4096")),
        REQUIREMENTS,
    ),
    accepted(
        "override-fargate-memory", override(fargate(), resourceRequirements=memory("8192")), REQUIREMENTS
    ),
    refused(
        "override-fargate-memory-between", override(fargate(), resourceRequirements=memory("5000")), NOT_VALID
    ),
    refused(
        "override-fargate-memory-above", override(fargate(), resourceRequirements=memory("16384")), NOT_VALID
    ),
    refused("override-fargate-vcpus-alone", override(fargate(), resourceRequirements=vcpu("4")), NOT_VALID),
    refused(
        "override-fargate-3-vcpus",
        override(fargate(), resourceRequirements=requirements("3", "8192")),
        NOT_VALID,
    ),
    refused(
        "override-fargate-gpu",
        override(fargate(), resourceRequirements=requirements(gpu="1")),
        "ResourceRequirement.value: GPUs aren't available on Fargate",
    ),
    refused(
        "override-fargate-legacy-vcpus",
        override(fargate(), vcpus=1),
        "insitro/redun#95: vcpus is not applicable for Fargate. Use resource requirements instead.",
    ),
    refused(
        "override-fargate-legacy-memory",
        override(fargate(), memory=2048),
        "ContainerOverrides.memory: not supported on Fargate",
    ),
    refused(
        "override-fargate-instance-type",
        override(fargate(), instanceType="m5.large"),
        "ContainerOverrides.instanceType: shouldn't be provided on Fargate",
    ),
]

ON_OTHERS: Final[list[Case]] = [
    accepted("task-override-nothing", override_task({"name": "main"}), "TaskContainerOverrides"),
    accepted(
        "task-override-command",
        override_task({"name": "main", "command": ["true"]}),
        "TaskContainerOverrides",
    ),
    accepted(
        "task-override-second",
        override_task({"name": "b", "command": ["true"]}, definition=TWO),
        "TaskContainerOverrides",
    ),
    refused("task-override-unknown-name", override_task({"name": "other"}), "TaskContainerOverrides.name"),
    refused(
        "task-override-without-name-of-two",
        override_task({"command": ["true"]}, definition=TWO),
        "TaskContainerOverrides.name: a pointer to the container",
    ),
    refused("task-override-empty-word", override_task({"name": "main", "command": [""]}), EMPTY),
    refused(
        "task-override-environment-reserved",
        override_task({"name": "main", "environment": [{"name": "AWS_BATCH_X", "value": "x"}]}),
        "TaskContainerOverrides.environment",
    ),
    refused(
        "task-override-memory-3",
        override_task({"name": "main", "resourceRequirements": memory("3")}),
        "ResourceRequirement.value: at least 4 MiB",
    ),
    refused(
        "task-override-legacy-vcpus",
        override_task({"name": "main", "vcpus": 1}),
        "TaskContainerOverrides has no vcpus",
    ),
    refused(
        "task-override-two-tasks",
        submit(ecs(), ecsPropertiesOverride={"taskProperties": [{"containers": []}] * 2}),
        ONE,
    ),
    accepted(
        "task-override-fargate",
        override_task({"name": "main", "resourceRequirements": memory("4096")}, definition=ecs_fargate()),
        REQUIREMENTS,
    ),
    refused(
        "task-override-fargate-memory-between",
        override_task({"name": "main", "resourceRequirements": memory("5000")}, definition=ecs_fargate()),
        NOT_VALID,
    ),
    refused(
        "task-override-fargate-gpu",
        override_task(
            {"name": "main", "resourceRequirements": requirements(gpu="1")}, definition=ecs_fargate()
        ),
        "ResourceRequirement.value: GPUs aren't available on Fargate",
    ),
    refused("container-override-of-task", override(ecs(), command=["true"]), KIND),
    refused("task-override-of-container", override_task({"name": "main"}, definition=ec2()), KIND),
    refused(
        "container-override-of-pod",
        override(eks(), command=["true"]),
        "nextflow-io/nextflow#5817: Container overrides … should not be set for Batch on EKS jobs.",
    ),
    accepted(
        "pod-override",
        submit(
            eks(),
            eksPropertiesOverride={"podProperties": {"containers": [{"name": "main", "command": ["x"]}]}},
        ),
        "EksPropertiesOverride",
    ),
    refused(
        "pod-override-of-container",
        submit(ec2(), eksPropertiesOverride={"podProperties": {"containers": [{"name": "main"}]}}),
        "SubmitJob.eksPropertiesOverride: only for jobs on EKS resources",
    ),
    refused(
        "pod-override-of-task",
        submit(ecs(), eksPropertiesOverride={"podProperties": {"containers": [{"name": "main"}]}}),
        "SubmitJob.eksPropertiesOverride: only for jobs on EKS resources",
    ),
    accepted("multinode-job", submit(multinode()), "SubmitJob"),
    accepted(
        "node-override",
        submit(
            multinode(),
            nodeOverrides={
                "nodePropertyOverrides": [{"targetNodes": "0:1", "containerOverrides": {"command": ["x"]}}]
            },
        ),
        "NodeOverrides",
    ),
    refused(
        "node-override-of-container",
        submit(ec2(), nodeOverrides={"numNodes": 2}),
        "NodeOverrides: for multi-node parallel jobs",
    ),
    refused(
        "node-override-of-fargate",
        submit(fargate(), nodeOverrides={"numNodes": 2}),
        "SubmitJob.nodeOverrides: not applicable to jobs on Fargate resources",
    ),
    refused(
        "node-override-without-target",
        submit(multinode(), nodeOverrides={"nodePropertyOverrides": [{"containerOverrides": {}}]}),
        "NodePropertyOverride.targetNodes: Required.",
    ),
    refused(
        "array-of-multinode",
        submit(multinode(), arrayProperties={"size": 2}),
        "UG: multi-node-parallel-jobs: cannot be array jobs",
    ),
]

CASES: Final = [*ON_EC2, *ON_FARGATE, *ON_OTHERS]
