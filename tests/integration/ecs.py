"""Job definitions with ``ecsProperties``."""

from __future__ import annotations

from typing import Any

from tests.integration.cloud import Cloud

SIZE = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]


def container(name: str = "main", **members: Any) -> dict[str, Any]:
    return {"name": name, "image": "busybox", "command": ["true"], "resourceRequirements": SIZE, **members}


def register(
    cloud: Cloud, *containers: dict[str, Any], task: dict[str, Any] | None = None, **more: Any
) -> str:
    properties = {"taskProperties": [{"containers": list(containers), **(task or {})}]}
    answer = cloud.batch.register_job_definition(
        jobDefinitionName="ecs", type="container", ecsProperties=properties, **more
    )
    return str(answer["jobDefinitionArn"])
