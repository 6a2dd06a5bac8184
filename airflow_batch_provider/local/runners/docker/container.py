"""Translates a container of a job to the Engine API's container configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from airflow_batch_provider.local.runners.docker.volumes import binds_of, empty_mounts_of
from airflow_batch_provider.local.runners.environment import batch_variables, client_variables, own_variables

if TYPE_CHECKING:
    from airflow_batch_provider.local.runners.runner import Run

HOST_NETWORK: Final = "host"
GATEWAY: Final = "host.docker.internal"
LABEL: Final = "airflow-batch-local"
MIB: Final = 1024 * 1024
SHARES_PER_VCPU: Final = 1024


@dataclass(frozen=True, slots=True)
class DockerSettings:
    """
    Settings of the docker runner.

    :param endpoint_url: this server's URL on the host.
    :param network: ``host``, or the name of a network in which the host is ``host.docker.internal``.
    :param grace_seconds: the time from SIGTERM to SIGKILL.
    """

    endpoint_url: str
    network: str = HOST_NETWORK
    grace_seconds: float = 30.0

    @property
    def url_inside(self) -> str:
        """The server's URL inside containers."""
        if self.network == HOST_NETWORK:
            return self.endpoint_url
        parts = urlsplit(self.endpoint_url)
        return urlunsplit(parts._replace(netloc=f"{GATEWAY}:{parts.port}"))


def container_of(run: Run, settings: DockerSettings) -> dict[str, Any]:
    """Return the request body for creating a container."""
    described = run.container.described
    variables = {
        **client_variables(settings.url_inside, run.region),
        **own_variables(run.container),
        **batch_variables(run.job, run.attempt),
    }
    body: dict[str, Any] = {
        "Image": described["image"],
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "Labels": {LABEL: settings.endpoint_url},
        "HostConfig": {**_limits(run), **_host(described), **_volumes(run), **_network(settings)},
    }
    if described["command"]:
        body["Cmd"] = list(described["command"])
    if described.get("user"):
        body["User"] = described["user"]
    return body


def _limits(run: Run) -> dict[str, Any]:
    """Return the limits: memory is a hard limit; vCPUs are CPU shares on EC2 and a limit on Fargate."""
    container = run.container
    # Shares let a container use idle vCPUs; Linux requires at least 2.
    limits: dict[str, Any] = {"CpuShares": max(2, container.millicpus * SHARES_PER_VCPU // 1000)}
    if "FARGATE" in run.job.spec.platform_capabilities:
        limits = {"NanoCpus": container.millicpus * 1_000_000}
    if container.memory_mib is not None:
        # MemorySwap is the sum of memory and swap: equal values allow no swap.
        limits["Memory"] = limits["MemorySwap"] = container.memory_mib * MIB
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
    }
    return {name: value for name, value in host.items() if value}


def _volumes(run: Run) -> dict[str, Any]:
    """Return host folders, and empty volumes that the containers of a task share."""
    volumes = {"Binds": list(binds_of(run)), "Mounts": list(empty_mounts_of(run))}
    return {name: value for name, value in volumes.items() if value}


def _network(settings: DockerSettings) -> dict[str, Any]:
    network: dict[str, Any] = {"NetworkMode": settings.network}
    if settings.network != HOST_NETWORK:
        network["ExtraHosts"] = [f"{GATEWAY}:host-gateway"]
    return network
