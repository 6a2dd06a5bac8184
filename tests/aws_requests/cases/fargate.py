"""Fargate: sizes, and what it does not support."""

from __future__ import annotations

from typing import Any, Final

from tests.aws_requests.bases import ec2, fargate, multinode, requirements
from tests.aws_requests.case import Case, accepted, refused

GIB: Final = 1024
TABLE: Final = {
    "0.25": [512, GIB, 2 * GIB],
    "0.5": [1024, 2048, 3072, 4096],
    "1": [2048, 3072, 4096, 5120, 6144, 7168, 8192],
    "2": [*range(4096, 16384 + 1, GIB)],
    "4": [*range(8192, 30720 + 1, GIB)],
    "8": [*range(16384, 61440 + 1, 4 * GIB)],
    "16": [*range(32768, 122880 + 1, 8 * GIB)],
    "32": [61440, 122880, 249856],
}
"""MiB of memory by vCPUs: the table of ``ResourceRequirement.value``, written down again for this test."""

BETWEEN: Final = {
    "0.25": [256, 768, 3072],
    "0.5": [512, 1536, 5120],
    "1": [1024, 5000, 9216],
    "2": [3072, 4608, 17408],
    "4": [7168, 8704, 31744],
    "8": [12288, 17408, 65536],
    "16": [24576, 36864, 131072],
    "32": [30720, 65536, 262144],
}
"""Amounts below, between and above those of the table."""

SIZE: Final = "ResourceRequirement.value: the table for Fargate"
NOT_VALID: Final = "Netflix/metaflow#749: Fargate resource requirements (1.00 vCPU, 4000 MiB) not valid."
NOT_FARGATE: Final = "not applicable to jobs on Fargate resources"


def size(vcpu: str, memory: str, gpu: str | None = None) -> Any:
    return fargate({"resourceRequirements": requirements(vcpu, memory, gpu)})


def linux(**parameters: Any) -> Any:
    return fargate({"linuxParameters": parameters})


def platform(**runtime: Any) -> Any:
    return fargate({"runtimePlatform": runtime})


SIZES: Final[list[Case]] = [
    *(
        accepted(f"fargate-{vcpu}-vcpu-{memory}-mib", size(vcpu, str(memory)), SIZE)
        for vcpu, amounts in TABLE.items()
        for memory in amounts
    ),
    *(
        refused(f"fargate-{vcpu}-vcpu-{memory}-mib", size(vcpu, str(memory)), NOT_VALID)
        for vcpu, amounts in BETWEEN.items()
        for memory in amounts
    ),
    refused("fargate-3-vcpu", size("3", "8192"), NOT_VALID),
    refused("fargate-0.1-vcpu", size("0.1", "512"), NOT_VALID),
    refused("fargate-64-vcpu", size("64", "249856"), NOT_VALID),
    refused("fargate-vcpu-missing", fargate({"resourceRequirements": requirements(memory="2048")}), "VCPU"),
    refused("fargate-memory-missing", fargate({"resourceRequirements": requirements("1")}), "MEMORY"),
    refused("fargate-sizes-missing", fargate({"resourceRequirements": None}), "vCPU is not provided."),
]

MEMBERS: Final[list[Case]] = [
    refused(
        "fargate-execution-role-missing",
        fargate({"executionRoleArn": None}),
        "ContainerProperties.executionRoleArn: Fargate must provide an execution role",
    ),
    refused("fargate-execution-role-empty", fargate({"executionRoleArn": ""}), "ContainerProperties"),
    refused(
        "fargate-legacy-vcpus",
        fargate({"vcpus": 1, "resourceRequirements": requirements(memory="2048")}),
        "insitro/redun#95: vcpus is not applicable for Fargate. Use resource requirements instead.",
    ),
    refused(
        "fargate-legacy-memory",
        fargate({"memory": 2048, "resourceRequirements": requirements("1")}),
        "ContainerProperties.memory: not supported on Fargate",
    ),
    refused(
        "fargate-privileged", fargate({"privileged": True}), f"ContainerProperties.privileged: {NOT_FARGATE}"
    ),
    accepted(
        "fargate-not-privileged",
        fargate({"privileged": False}),
        "ContainerProperties.privileged: shouldn't be provided, or specified as false",
    ),
    refused(
        "fargate-gpu", size("1", "2048", "1"), "ResourceRequirement.value: GPUs aren't available on Fargate"
    ),
    refused(
        "fargate-ulimits",
        fargate({"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 1}]}),
        f"ContainerProperties.ulimits: {NOT_FARGATE}",
    ),
    refused(
        "fargate-instance-type",
        fargate({"instanceType": "m5.large"}),
        f"ContainerProperties.instanceType: {NOT_FARGATE}",
    ),
    refused(
        "fargate-host-volume",
        fargate({"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]}),
        f"Volume.host: {NOT_FARGATE}",
    ),
    accepted("fargate-volume", fargate({"volumes": [{"name": "v"}]}), "Volume.name"),
    accepted(
        "fargate-efs-volume",
        fargate({"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]}),
        "Volume.efsVolumeConfiguration",
    ),
    refused("fargate-devices", linux(devices=[{"hostPath": "/dev/x"}]), f"LinuxParameters: {NOT_FARGATE}"),
    refused("fargate-shared-memory", linux(sharedMemorySize=64), f"LinuxParameters: {NOT_FARGATE}"),
    refused(
        "fargate-tmpfs", linux(tmpfs=[{"containerPath": "/t", "size": 1}]), f"LinuxParameters: {NOT_FARGATE}"
    ),
    refused("fargate-max-swap", linux(maxSwap=1), f"LinuxParameters: {NOT_FARGATE}"),
    refused("fargate-max-swap-zero", linux(maxSwap=0), "LinuxParameters.maxSwap: Don't provide it"),
    refused("fargate-swappiness", linux(swappiness=60), f"LinuxParameters: {NOT_FARGATE}"),
    refused("fargate-swappiness-zero", linux(swappiness=0), "LinuxParameters.swappiness: Don't provide it"),
    accepted("fargate-init-process", linux(initProcessEnabled=True), "LinuxParameters.initProcessEnabled"),
    *(
        accepted(
            f"fargate-log-driver-{driver}",
            fargate({"logConfiguration": {"logDriver": driver}}),
            "LogConfiguration",
        )
        for driver in ("awslogs", "splunk")
    ),
    *(
        refused(
            f"fargate-log-driver-{driver}",
            fargate({"logConfiguration": {"logDriver": driver}}),
            "LogConfiguration.logDriver: Fargate is restricted to awslogs and splunk",
        )
        for driver in ("json-file", "syslog", "journald", "gelf", "fluentd")
    ),
    *(
        accepted(
            f"fargate-storage-{size}-gib",
            fargate({"ephemeralStorage": {"sizeInGiB": size}}),
            "EphemeralStorage",
        )
        for size in (21, 200)
    ),
    *(
        refused(
            f"fargate-storage-{size}-gib",
            fargate({"ephemeralStorage": {"sizeInGiB": size}}),
            "EphemeralStorage.sizeInGiB: 21 to 200",
        )
        for size in (0, 20, 201)
    ),
    refused("fargate-storage-without-size", fargate({"ephemeralStorage": {}}), "EphemeralStorage: Required."),
    refused(
        "fargate-storage-is-text", fargate({"ephemeralStorage": {"sizeInGiB": "50"}}), "EphemeralStorage"
    ),
    *(
        accepted(
            f"fargate-public-ip-{choice.lower()}",
            fargate({"networkConfiguration": {"assignPublicIp": choice}}),
            "NetworkConfiguration.assignPublicIp",
        )
        for choice in ("ENABLED", "DISABLED")
    ),
    refused(
        "fargate-public-ip-true",
        fargate({"networkConfiguration": {"assignPublicIp": "true"}}),
        "NetworkConfiguration.assignPublicIp: ENABLED or DISABLED",
    ),
    accepted(
        "fargate-platform-version",
        fargate({"fargatePlatformConfiguration": {"platformVersion": "1.4.0"}}),
        "FargatePlatformConfiguration",
    ),
]

PLATFORMS: Final[list[Case]] = [
    accepted(
        "runtime-linux-arm",
        platform(operatingSystemFamily="LINUX", cpuArchitecture="ARM64"),
        "RuntimePlatform",
    ),
    accepted(
        "runtime-linux-x86",
        platform(operatingSystemFamily="LINUX", cpuArchitecture="X86_64"),
        "RuntimePlatform",
    ),
    accepted(
        "runtime-windows", platform(operatingSystemFamily="WINDOWS_SERVER_2019_CORE"), "RuntimePlatform"
    ),
    refused(
        "runtime-unknown-system", platform(operatingSystemFamily="MACOS"), "RuntimePlatform: valid values"
    ),
    refused(
        "runtime-lower-case-system", platform(operatingSystemFamily="linux"), "RuntimePlatform: valid values"
    ),
    refused("runtime-unknown-cpu", platform(cpuArchitecture="arm64"), "RuntimePlatform: X86_64 and ARM64"),
    refused(
        "runtime-windows-arm",
        platform(operatingSystemFamily="WINDOWS_SERVER_2022_FULL", cpuArchitecture="ARM64"),
        "RuntimePlatform.cpuArchitecture: X86_64 for Windows containers",
    ),
    *(
        refused(
            f"runtime-windows-{member}",
            fargate(
                {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2019_FULL"}, member: value}
            ),
            "RuntimePlatform.operatingSystemFamily: cannot be set for Windows containers",
        )
        for member, value in (
            ("user", "app"),
            ("readonlyRootFilesystem", True),
            ("linuxParameters", {"initProcessEnabled": True}),
        )
    ),
    accepted("platform-ec2", ec2(platformCapabilities=["EC2"]), "RegisterJobDefinition.platformCapabilities"),
    refused(
        "platform-unknown", ec2(platformCapabilities=["LAMBDA"]), "RegisterJobDefinition.platformCapabilities"
    ),
    refused("platform-is-text", fargate(platformCapabilities="FARGATE"), "RegisterJobDefinition: a list"),
    refused(
        "managed-instances-with-container-properties",
        ec2(platformCapabilities=["MANAGED_INSTANCES"]),
        "RegisterJobDefinition.platformCapabilities: MANAGED_INSTANCES must use ecsProperties",
    ),
    refused(
        "fargate-multinode",
        multinode(platformCapabilities=["FARGATE"]),
        "RegisterJobDefinition.type: multinode isn't supported on Fargate",
    ),
]

CASES: Final = [*SIZES, *MEMBERS, *PLATFORMS]
