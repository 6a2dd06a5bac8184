"""What a container is created with, from what its job says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from airflow_batch_provider.local.runners.environment import batch_variables, client_variables, job_variables
from airflow_batch_provider.local.runners.runner import Run

HOST_NETWORK: Final = "host"
GATEWAY: Final = "host.docker.internal"
LABEL: Final = "airflow-batch-local"
MIB: Final = 1024 * 1024
SHARES_PER_VCPU: Final = 1024


@dataclass(frozen=True, slots=True)
class DockerSettings:
    """
    How containers are run.

    :param endpoint_url: where this server is found on the host.
    :param network: ``host``, or the name of a network; from there the host is ``host.docker.internal``.
    :param grace_seconds: from SIGTERM to SIGKILL.
    """

    endpoint_url: str
    network: str = HOST_NETWORK
    grace_seconds: float = 30.0

    @property
    def url_inside(self) -> str:
        """Where containers find this server."""
        if self.network == HOST_NETWORK:
            return self.endpoint_url
        parts = urlsplit(self.endpoint_url)
        return urlunsplit(parts._replace(netloc=f"{GATEWAY}:{parts.port}"))


def container_of(run: Run, settings: DockerSettings) -> dict[str, Any]:
    """Return the body of the engine's call."""
    described = run.job.spec.container
    variables = {
        **client_variables(settings.url_inside, run.region),
        **job_variables(run.job),
        **batch_variables(run.job, run.attempt),
    }
    body: dict[str, Any] = {
        "Image": described["image"],
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "Labels": {LABEL: settings.endpoint_url},
        "HostConfig": {**_limits(run), **_host(described), **_network(settings)},
    }
    if described["command"]:
        body["Cmd"] = list(described["command"])
    if described.get("user"):
        body["User"] = described["user"]
    volumes: dict[str, Any] = {point["containerPath"]: {} for point in _anonymous_mounts(described)}
    return {**body, "Volumes": volumes} if volumes else body


def _limits(run: Run) -> dict[str, Any]:
    """Memory is a hard limit; vCPUs are a share on EC2, and a limit on Fargate."""
    spec = run.job.spec
    limits: dict[str, Any] = {"CpuShares": max(2, spec.millicpus * SHARES_PER_VCPU // 1000)}
    if "FARGATE" in spec.platform_capabilities:
        limits = {"NanoCpus": spec.millicpus * 1_000_000}
    if spec.memory_mib is not None:
        limits["Memory"] = limits["MemorySwap"] = spec.memory_mib * MIB
    return limits


def _host(described: Mapping[str, Any]) -> dict[str, Any]:
    linux = described.get("linuxParameters", {})
    host: dict[str, Any] = {
        "Privileged": described.get("privileged"),
        "ReadonlyRootfs": described.get("readonlyRootFilesystem"),
        "Init": linux.get("initProcessEnabled"),
        "ShmSize": linux["sharedMemorySize"] * MIB if "sharedMemorySize" in linux else None,
        "Ulimits": [
            {"Name": limit["name"], "Soft": limit["softLimit"], "Hard": limit["hardLimit"]}
            for limit in described.get("ulimits", ())
        ],
        "Binds": list(_binds(described)),
    }
    return {name: value for name, value in host.items() if value}


def _network(settings: DockerSettings) -> dict[str, Any]:
    network: dict[str, Any] = {"NetworkMode": settings.network}
    if settings.network != HOST_NETWORK:
        network["ExtraHosts"] = [f"{GATEWAY}:host-gateway"]
    return network


def _sources(described: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the path on the host of each volume; none if it is to be an empty one."""
    return {
        volume.get("name", ""): volume.get("host", {}).get("sourcePath")
        for volume in described.get("volumes", ())
    }


def _binds(described: Mapping[str, Any]) -> Iterator[str]:
    sources = _sources(described)
    for point in described.get("mountPoints", ()):
        source = sources.get(point.get("sourceVolume", ""))
        if source is not None and "containerPath" in point:
            yield f"{source}:{point['containerPath']}" + (":ro" if point.get("readOnly") else "")


def _anonymous_mounts(described: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    sources = _sources(described)
    for point in described.get("mountPoints", ()):
        if "containerPath" in point and sources.get(point.get("sourceVolume", "")) is None:
            yield point
