"""RegisterJobDefinition: what AWS Batch refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider.aws_requests.consumables import refusals_of_consumables
from airflow_batch_provider.aws_requests.ecs_tasks import refusals_of_task
from airflow_batch_provider.aws_requests.multinode import refusals_of_nodes
from airflow_batch_provider.aws_requests.names import refusals_of_names
from airflow_batch_provider.aws_requests.platforms import Platform, platform_of
from airflow_batch_provider.aws_requests.pods import refusals_of_pod
from airflow_batch_provider.aws_requests.properties import refusals_of_container_properties
from airflow_batch_provider.aws_requests.refusal import Refusal
from airflow_batch_provider.aws_requests.retries import refusals_of_priority, refusals_of_retries
from airflow_batch_provider.aws_requests.sizes import refusals_of_registration_size
from airflow_batch_provider.aws_requests.tags import refusals_of_tags
from airflow_batch_provider.aws_requests.values import is_template, mapping
from airflow_batch_provider.names import snake_case

PROPERTIES: Final = ("containerProperties", "ecsProperties", "eksProperties", "nodeProperties")
"""The members that describe what a job runs. A job definition has one of them."""


def refusals_of_registration(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """
    Yield the reasons for which AWS Batch refuses to register a job definition.

    Templates are never refused, because their values are known only at run time.

    :param request: a RegisterJobDefinition request; its name can be absent.
    """
    yield from refusals_of_names(request)
    yield from _refusals_of_properties(request)
    yield from refusals_of_tags(request.get("tags"))
    yield from refusals_of_priority("schedulingPriority", request)
    yield from refusals_of_retries(request)
    consumables = "consumableResourceProperties"
    yield from refusals_of_consumables(request.get(consumables), (consumables,))
    yield from refusals_of_registration_size(request)


def _refusals_of_properties(request: Mapping[str, Any]) -> Iterator[Refusal]:
    kinds = [name for name in PROPERTIES if request.get(name) is not None]
    platform = platform_of(request)
    if len(kinds) > 1:
        names = " and ".join(map(snake_case, kinds))
        of_container = " (image, command, vcpus and others are part of it)"
        shown = names.replace("container_properties", f"container_properties{of_container}")
        yield Refusal("E418", (), f"has {shown}; keep only one of them")
        return
    kind = kinds[0] if kinds else "containerProperties"
    yield from _refusals_of_kind(request, kind, platform)
    properties = request.get(kind)
    if is_template(properties):
        return
    if kind == "containerProperties":
        yield from refusals_of_container_properties(mapping(properties), (kind,), platform)
    elif kind == "ecsProperties":
        yield from refusals_of_task(properties, (kind,), platform)
    elif kind == "eksProperties":
        yield from refusals_of_pod(properties, (kind,))
    else:
        yield from refusals_of_nodes(mapping(properties), (kind,))


def _refusals_of_kind(request: Mapping[str, Any], kind: str, platform: Platform | None) -> Iterator[Refusal]:
    wanted = "multinode" if kind == "nodeProperties" else "container"
    if (written := request.get("type", wanted)) != wanted and not is_template(written):
        yield Refusal("E418", ("type",), f"has the type '{written}' with {snake_case(kind)}; use '{wanted}'")
    if platform is Platform.FARGATE and kind == "nodeProperties":
        text = "has node_properties, which Fargate does not support; use EC2"
        yield Refusal("E421", (kind,), text)
    if platform is Platform.MANAGED_INSTANCES and kind != "ecsProperties":
        text = f"has {snake_case(kind)}; job definitions for MANAGED_INSTANCES require ecs_properties"
        yield Refusal("E421", (kind,), text)
    if platform is Platform.EKS:
        for member in ("platformCapabilities", "propagateTags"):
            if request.get(member):
                text = f"has {snake_case(member)}, which job definitions for EKS must not have; remove it"
                yield Refusal("E421", (member,), text)
