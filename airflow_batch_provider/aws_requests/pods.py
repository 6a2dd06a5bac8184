"""``eksProperties`` and ``eksPropertiesOverride``: the containers of a pod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.aws_requests.containers import refusals_of_command, refusals_of_environment
from airflow_batch_provider.aws_requests.values import entries, mapping, name_in

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath


def refusals_of_pod(properties: Any, path: RequestPath, *, is_override: bool = False) -> Iterator[Refusal]:
    """Yield what is wrong with the containers of a pod; Kubernetes decides about the rest."""
    pod = mapping(mapping(properties).get("podProperties"))
    for member in ("containers", "initContainers"):
        for index, container in entries(pod.get(member)):
            place = (*path, "podProperties", member, index)
            part = f"container '{name_in(container)}'"
            for refusal in refusals_of_environment(container, place):
                yield replace(refusal, part=part)
            if is_override:
                for refusal in refusals_of_command(container, place):
                    yield replace(refusal, part=part)
