"""E418: what a container needs to be registered; and all that can be wrong with one container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow_batch_provider.aws_requests.amounts import (
    Kind,
    amounts_of,
    are_known,
    refusals_of_amounts,
    refusals_on_ec2,
    refusals_on_fargate,
)
from airflow_batch_provider.aws_requests.containers import (
    refusals_of_command,
    refusals_of_environment,
    refusals_of_image_and_user,
)
from airflow_batch_provider.aws_requests.platforms import (
    Platform,
    refusals_of_gpus,
    refusals_of_legacy_members,
    refusals_on_platform,
)
from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.runtime import refusals_of_known_values
from airflow_batch_provider.aws_requests.values import is_missing, is_template
from airflow_batch_provider.names import snake_case


def refusals_of_container_properties(
    container: Mapping[str, Any], path: RequestPath, platform: Platform | None
) -> Iterator[Refusal]:
    """Yield what is wrong with ``containerProperties``, a container that is a task of its own."""
    needs_role = platform is Platform.FARGATE
    yield from refusals_of_container(container, path, platform, ["executionRoleArn"] if needs_role else [])
    if platform is Platform.FARGATE:
        yield from refusals_on_fargate([amounts_of(container, path)])


def refusals_of_container(
    container: Mapping[str, Any], path: RequestPath, platform: Platform | None, also: Sequence[str] = ()
) -> Iterator[Refusal]:
    """
    Yield what is wrong with one container.

    :param also: further members that it must have.
    """
    amounts = amounts_of(container, path)
    missing = [name for kind, name in ((Kind.VCPU, "vcpus"), (Kind.MEMORY, "memory")) if kind not in amounts]
    yield from missing_members(container, path, ["image"], missing if are_known(container) else [], also)
    yield from refusals_of_image_and_user(container, path)
    yield from refusals_of_environment(container, path)
    yield from refusals_of_command(container, path)
    yield from refusals_of_known_values(container, path)
    yield from refusals_of_amounts(amounts)
    yield from refusals_on_platform(container, path, platform)
    if platform is Platform.FARGATE:
        yield from refusals_of_legacy_members(container, path)
        yield from refusals_of_gpus(amounts)
    elif platform is not None:
        yield from refusals_on_ec2(amounts)


def missing_members(
    part: Mapping[str, Any],
    path: RequestPath,
    members: Sequence[str],
    amounts: Sequence[str] = (),
    also: Sequence[str] = (),
) -> Iterator[Refusal]:
    """Yield one refusal for all members that a part of a job definition lacks."""
    if is_template(part):
        return
    missing = [
        *(name for name in members if is_missing(part.get(name))),
        *amounts,
        *(snake_case(name) for name in also if is_missing(part.get(name))),
    ]
    if missing:
        text = (
            f"has no {' and no '.join(map(snake_case, missing))}; "
            f"AWS Batch requires {'it' if len(missing) == 1 else 'them'} to register the job definition"
        )
        yield Refusal("E418", path, text)
