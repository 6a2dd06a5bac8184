"""``containerProperties`` on EC2: image, size, user, environment, volumes, logs."""

from __future__ import annotations

from typing import Any, Final

from tests.aws_requests.bases import ec2, legacy, requirements
from tests.aws_requests.case import Case, accepted, refused

IMAGE: Final = "ContainerProperties.image"
VCPU: Final = "ASFHyP3/hyp3#586: vCPU is not provided."
REQUIREMENT: Final = "ResourceRequirement.value"
ENVIRONMENT: Final = "ContainerProperties.environment: names cannot start with AWS_BATCH"


def variables(*entries: dict[str, Any]) -> Any:
    return ec2({"environment": list(entries)})


def size(vcpu: str = "1", memory: str = "512", gpu: str | None = None) -> Any:
    return ec2({"resourceRequirements": requirements(vcpu, memory, gpu)})


IMAGES: Final[list[Case]] = [
    accepted("container-minimal", ec2({"command": None}), "ContainerProperties"),
    accepted("container-legacy-minimal", legacy({"command": None}), "ContainerProperties"),
    refused("image-missing", ec2({"image": None}), f"{IMAGE}: Required."),
    refused("image-empty", ec2({"image": ""}), f"{IMAGE}: Required."),
    accepted("image-255-characters", ec2({"image": "i" * 255}), f"{IMAGE}: up to 255 characters"),
    refused("image-256-characters", ec2({"image": "i" * 256}), f"{IMAGE}: up to 255 characters"),
    accepted("image-of-ecr", ec2({"image": "1.dkr.ecr.eu-west-1.amazonaws.com/a/b_c:1.0-x"}), IMAGE),
    accepted("image-with-digest", ec2({"image": "public.ecr.aws/a/b@sha256:" + "0" * 64}), IMAGE),
    refused("image-is-number", ec2({"image": 1}), "ContainerProperties: a string"),
]

SIZES: Final[list[Case]] = [
    refused("vcpus-missing", ec2({"resourceRequirements": requirements(memory="512")}), VCPU),
    refused("memory-missing", ec2({"resourceRequirements": requirements("1")}), "ContainerProperties.memory"),
    refused("sizes-missing", ec2({"resourceRequirements": None}), VCPU),
    refused("legacy-vcpus-missing", legacy({"vcpus": None}), VCPU),
    refused("legacy-memory-missing", legacy({"memory": None}), "ContainerProperties.memory"),
    accepted(
        "vcpus-legacy-memory-required",
        legacy({"memory": None, "resourceRequirements": requirements(memory="512")}),
        "ContainerProperties.vcpus: can be specified in several places",
    ),
    accepted(
        "vcpus-required-memory-legacy",
        legacy({"vcpus": None, "resourceRequirements": requirements("1")}),
        "ContainerProperties.memory: can be specified in several places",
    ),
    accepted(
        "sizes-in-both-forms",
        legacy({"resourceRequirements": requirements("1", "512")}),
        "UG: override-resource-requirements: resourceRequirements win",
    ),
    accepted("vcpus-96", size(vcpu="96"), REQUIREMENT),
    refused("vcpus-zero", size(vcpu="0"), f"{REQUIREMENT}: at least one vCPU on EC2"),
    refused("vcpus-negative", size(vcpu="-1"), f"{REQUIREMENT}: at least one vCPU on EC2"),
    refused("vcpus-quarter-on-ec2", size(vcpu="0.25"), f"{REQUIREMENT}: at least one vCPU on EC2"),
    refused("vcpus-one-and-a-half-on-ec2", size(vcpu="1.5"), f"{REQUIREMENT}: fractions only on Fargate"),
    refused("vcpus-word", size(vcpu="one"), f"{REQUIREMENT}: a number"),
    refused("vcpus-empty", size(vcpu=""), f"{REQUIREMENT}: a number"),
    refused("legacy-vcpus-zero", legacy({"vcpus": 0}), "ContainerProperties.vcpus: at least one vCPU"),
    refused("legacy-vcpus-negative", legacy({"vcpus": -1}), "ContainerProperties.vcpus: at least one vCPU"),
    refused("legacy-vcpus-is-text", legacy({"vcpus": "1"}), "ContainerProperties: an integer"),
    refused("legacy-vcpus-fraction", legacy({"vcpus": 0.5}), "ContainerProperties: an integer"),
    accepted("memory-4", size(memory="4"), f"{REQUIREMENT}: at least 4 MiB"),
    refused("memory-3", size(memory="3"), f"{REQUIREMENT}: at least 4 MiB"),
    refused("memory-zero", size(memory="0"), f"{REQUIREMENT}: at least 4 MiB"),
    refused("memory-negative", size(memory="-512"), f"{REQUIREMENT}: at least 4 MiB"),
    refused("memory-with-unit", size(memory="512Mi"), f"{REQUIREMENT}: a number of MiB"),
    refused("memory-fraction", size(memory="512.5"), f"{REQUIREMENT}: a whole number of MiB"),
    accepted("legacy-memory-4", legacy({"memory": 4}), "ContainerProperties.memory: at least 4 MiB"),
    refused("legacy-memory-3", legacy({"memory": 3}), "ContainerProperties.memory: at least 4 MiB"),
    refused("legacy-memory-is-text", legacy({"memory": "512"}), "ContainerProperties: an integer"),
    accepted("gpu-on-ec2", size(gpu="1"), REQUIREMENT),
    refused("gpu-half", size(gpu="0.5"), f"{REQUIREMENT}: the number of physical GPUs"),
    refused("gpu-word", size(gpu="all"), f"{REQUIREMENT}: the number of physical GPUs"),
    refused(
        "requirement-unknown-type",
        ec2({"resourceRequirements": [*requirements("1", "512"), {"type": "DISK", "value": "1"}]}),
        "ResourceRequirement.type: GPU, VCPU or MEMORY",
    ),
    refused(
        "requirement-without-value",
        ec2({"resourceRequirements": [*requirements("1", "512"), {"type": "GPU"}]}),
        "ResourceRequirement.value: Required.",
    ),
    refused(
        "requirement-without-type",
        ec2({"resourceRequirements": [*requirements("1", "512"), {"value": "1"}]}),
        "ResourceRequirement.type: Required.",
    ),
    refused(
        "requirement-value-is-number",
        ec2({"resourceRequirements": [*requirements(memory="512"), {"type": "VCPU", "value": 1}]}),
        "ResourceRequirement.value: a string",
    ),
]

COMMANDS_AND_USERS: Final[list[Case]] = [
    accepted("command-empty-list", ec2({"command": []}), "ContainerProperties.command: the image's own"),
    accepted("command-of-spaces", ec2({"command": ["echo", " "]}), "ContainerProperties.command"),
    refused(
        "command-with-empty-word",
        ec2({"command": ["echo", ""]}),
        "broadinstitute/cromwell#3737: Command field cannot have empty strings",
    ),
    refused("command-is-text", ec2({"command": "true"}), "ContainerProperties.command: a list of strings"),
    refused("command-with-number", ec2({"command": ["sleep", 1]}), "ContainerProperties.command: strings"),
    accepted("user-name", ec2({"user": "nobody"}), "ContainerProperties.user"),
    accepted("user-id", ec2({"user": "1000"}), "ContainerProperties.user"),
    accepted("user-and-group", ec2({"user": "1000:1000"}), "TaskContainerProperties.user: uid:gid"),
    accepted(
        "user-name-and-group-name", ec2({"user": "app:app"}), "TaskContainerProperties.user: user:group"
    ),
    refused(
        "user-expression", ec2({"user": "$(id -u)"}), "nextflow-io/nextflow#2900: User '$(id' does not match"
    ),
    refused(
        "user-with-space", ec2({"user": "a b"}), "nextflow-io/nextflow#2900: User … does not match regex"
    ),
    refused(
        "user-with-option", ec2({"user": "-u"}), "nextflow-io/nextflow#2900: User … does not match regex"
    ),
    refused(
        "user-with-two-colons", ec2({"user": "1:2:3"}), "TaskContainerProperties.user: user or user:group"
    ),
    accepted("privileged-on-ec2", ec2({"privileged": True}), "ContainerProperties.privileged"),
    refused("privileged-is-text", ec2({"privileged": "true"}), "ContainerProperties: a boolean"),
    accepted("read-only-root", ec2({"readonlyRootFilesystem": True}), "ContainerProperties"),
    accepted("job-role", ec2({"jobRoleArn": "arn:aws:iam::123456789012:role/job"}), "ContainerProperties"),
]

VARIABLES: Final[list[Case]] = [
    accepted("variable", variables({"name": "A_1", "value": "x"}), ENVIRONMENT),
    accepted("variable-empty-value", variables({"name": "A", "value": ""}), "KeyValuePair.value"),
    accepted("variable-without-value", variables({"name": "A"}), "KeyValuePair.value: Required: No"),
    accepted("variable-value-with-equals", variables({"name": "A", "value": "b=c"}), "KeyValuePair.value"),
    accepted("variable-aws-region", variables({"name": "AWS_REGION", "value": "x"}), ENVIRONMENT),
    accepted("variable-lower-case-prefix", variables({"name": "aws_batch_x", "value": "x"}), ENVIRONMENT),
    accepted("variable-contains-prefix", variables({"name": "MY_AWS_BATCH_X", "value": "x"}), ENVIRONMENT),
    refused("variable-reserved", variables({"name": "AWS_BATCH_JOB_ID", "value": "x"}), ENVIRONMENT),
    refused("variable-reserved-own-name", variables({"name": "AWS_BATCH_X", "value": "x"}), ENVIRONMENT),
    refused("variable-reserved-prefix-alone", variables({"name": "AWS_BATCH", "value": "x"}), ENVIRONMENT),
    refused(
        "variable-reserved-second",
        variables({"name": "A", "value": "x"}, {"name": "AWS_BATCH_X", "value": "x"}),
        ENVIRONMENT,
    ),
    refused(
        "variable-empty-name",
        variables({"name": "", "value": "x"}),
        "unknown: a variable without a name cannot exist in a process",
    ),
    refused(
        "variable-without-name",
        variables({"value": "x"}),
        "unknown: a variable without a name cannot exist in a process",
    ),
    refused(
        "variable-name-with-equals",
        variables({"name": "A=B", "value": "x"}),
        "unknown: the name of a variable ends at the first '=' (environ(7))",
    ),
    refused("variable-value-is-number", variables({"name": "A", "value": 1}), "KeyValuePair.value: a string"),
    refused(
        "environment-is-mapping", ec2({"environment": {"A": "x"}}), "ContainerProperties.environment: a list"
    ),
    accepted("secret", ec2({"secrets": [{"name": "S", "valueFrom": "parameter"}]}), "Secret"),
    refused("secret-without-value-from", ec2({"secrets": [{"name": "S"}]}), "Secret.valueFrom: Required."),
    refused("secret-without-name", ec2({"secrets": [{"valueFrom": "parameter"}]}), "Secret.name: Required."),
]

HOST: Final[list[Case]] = [
    accepted(
        "host-volume-on-ec2",
        ec2(
            {
                "volumes": [{"name": "data", "host": {"sourcePath": "/data"}}],
                "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
            }
        ),
        "Volume.host",
    ),
    accepted(
        "efs-volume",
        ec2({"volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]}),
        "Volume.efsVolumeConfiguration",
    ),
    refused(
        "efs-volume-without-file-system",
        ec2({"volumes": [{"name": "data", "efsVolumeConfiguration": {"rootDirectory": "/"}}]}),
        "EFSVolumeConfiguration.fileSystemId: Required.",
    ),
    accepted(
        "ulimit-on-ec2",
        ec2({"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}]}),
        "ContainerProperties.ulimits",
    ),
    refused(
        "ulimit-without-hard-limit",
        ec2({"ulimits": [{"name": "nofile", "softLimit": 1}]}),
        "Ulimit.hardLimit: Required.",
    ),
    accepted("device-on-ec2", ec2({"linuxParameters": {"devices": [{"hostPath": "/dev/fuse"}]}}), "Device"),
    refused(
        "device-without-path",
        ec2({"linuxParameters": {"devices": [{"containerPath": "/dev/fuse"}]}}),
        "Device.hostPath: Required.",
    ),
    accepted("shared-memory-on-ec2", ec2({"linuxParameters": {"sharedMemorySize": 64}}), "LinuxParameters"),
    accepted(
        "tmpfs-on-ec2",
        ec2({"linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 64}]}}),
        "LinuxParameters.tmpfs",
    ),
    refused(
        "tmpfs-without-size",
        ec2({"linuxParameters": {"tmpfs": [{"containerPath": "/t"}]}}),
        "Tmpfs.size: Required.",
    ),
    accepted("swap-on-ec2", ec2({"linuxParameters": {"maxSwap": 0, "swappiness": 100}}), "LinuxParameters"),
    refused(
        "swappiness-101",
        ec2({"linuxParameters": {"maxSwap": 1, "swappiness": 101}}),
        "LinuxParameters.swappiness: 0 to 100",
    ),
    refused(
        "max-swap-negative",
        ec2({"linuxParameters": {"maxSwap": -1}}),
        "LinuxParameters.maxSwap: 0 or any positive integer",
    ),
    accepted("log-driver-on-ec2", ec2({"logConfiguration": {"logDriver": "syslog"}}), "LogConfiguration"),
    accepted(
        "log-options",
        ec2({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}}),
        "LogConfiguration.options",
    ),
    refused(
        "log-driver-unknown", ec2({"logConfiguration": {"logDriver": "file"}}), "LogConfiguration.logDriver"
    ),
    refused(
        "log-driver-missing",
        ec2({"logConfiguration": {"options": {}}}),
        "LogConfiguration.logDriver: Required.",
    ),
    refused(
        "network-configuration-on-ec2",
        ec2({"networkConfiguration": {"assignPublicIp": "ENABLED"}}),
        "networkConfiguration not applicable for EC2. (RegisterJobDefinition's message)",
    ),
    refused(
        "fargate-platform-on-ec2",
        ec2({"fargatePlatformConfiguration": {"platformVersion": "LATEST"}}),
        "ContainerProperties.fargatePlatformConfiguration: EC2 must not specify it",
    ),
    accepted(
        "repository-credentials",
        ec2({"repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:::secret:s"}}),
        "RepositoryCredentials",
    ),
    refused(
        "repository-credentials-empty",
        ec2({"repositoryCredentials": {}}),
        "RepositoryCredentials.credentialsParameter: Required.",
    ),
    accepted("execute-command", ec2({"enableExecuteCommand": True}), "ContainerProperties"),
]

CASES: Final = [*IMAGES, *SIZES, *COMMANDS_AND_USERS, *VARIABLES, *HOST]
