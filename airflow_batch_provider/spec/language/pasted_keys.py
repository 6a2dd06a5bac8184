"""Explain keys that come from AWS's requests or descriptions and that a spec does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from airflow_batch_provider.names import snake_case

_SET_BY_AWS: Final = "; AWS Batch sets it: leave it out"
_NAMED_BY_KEY: Final = "; the key above is the name: leave it out"
_ARRAY: Final = "; write array_size: N, or array_properties: {size: N}"

_DEFINITION: Final[Mapping[str, str]] = {
    "job_definition_arn": _SET_BY_AWS,
    "revision": _SET_BY_AWS,
    "status": _SET_BY_AWS,
    "container_orchestration_type": _SET_BY_AWS,
}
_RESOURCE: Final[Mapping[str, str]] = {"status": _SET_BY_AWS, "status_reason": _SET_BY_AWS}
_JOB: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("job_arn", "job_id", "created_at", "started_at", "stopped_at", "is_cancelled", "is_terminated"),
        _SET_BY_AWS,
    ),
    **dict.fromkeys(("container", "node_details", "eks_attempts"), _SET_BY_AWS),
    **_RESOURCE,
    "array_properties": _ARRAY,
}
_DEPENDS_ON: Final = (
    "; AWS's dependsOn contains job IDs, which no spec can know: write depends_on with the keys of jobs"
)
_RESOURCES: Final[Mapping[str, Mapping[str, str]]] = {
    "job_definitions": {**_DEFINITION, "job_definition_name": _NAMED_BY_KEY},
    "compute_environments": {
        **_RESOURCE,
        "compute_environment_name": _NAMED_BY_KEY,
        "compute_environment_arn": _SET_BY_AWS,
        "ecs_cluster_arn": _SET_BY_AWS,
        "container_orchestration_type": _SET_BY_AWS,
        "uuid": _SET_BY_AWS,
    },
    "job_queues": {**_RESOURCE, "job_queue_name": _NAMED_BY_KEY, "job_queue_arn": _SET_BY_AWS},
    "scheduling_policies": {"name": _NAMED_BY_KEY, "arn": _SET_BY_AWS},
}
_INLINE_DEFINITION: Final[Mapping[str, str]] = {
    **_DEFINITION,
    "job_definition_name": "; its name is generated from its content: leave it out",
}


def reason_to_leave_out(path: tuple[str | int, ...]) -> str | None:
    """
    Return what to do with an unknown key, as the rest of a message; None for any other key.

    :param path: the path of the key.
    """
    *above, name = path
    if name == "dependsOn":
        return _DEPENDS_ON
    return _explained(above).get(snake_case(str(name)))


def _explained(above: list[str | int]) -> Mapping[str, str]:
    """Return the keys that are explained in a mapping."""
    if above[-1:] == ["job_definition"]:
        return _INLINE_DEFINITION
    if above[:1] == ["resources"] and len(above) == 3:
        return _RESOURCES.get(str(above[1]), {})
    is_job = above == ["defaults"] or (above[:1] == ["jobs"] and len(above) == 2)
    return _JOB if is_job else {}
