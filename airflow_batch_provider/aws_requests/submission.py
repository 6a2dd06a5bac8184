"""SubmitJob: what AWS Batch refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests.consumables import refusals_of_consumables
from airflow_batch_provider.aws_requests.job_dependencies import refusals_of_dependencies
from airflow_batch_provider.aws_requests.names import refusals_of_names
from airflow_batch_provider.aws_requests.overrides import refusals_of_overrides
from airflow_batch_provider.aws_requests.retries import (
    refusals_of_priority,
    refusals_of_range,
    refusals_of_retries,
)
from airflow_batch_provider.aws_requests.sizes import refusals_of_submission_size
from airflow_batch_provider.aws_requests.tags import refusals_of_tags
from airflow_batch_provider.aws_requests.values import mapping

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests.refusal import Refusal


def refusals_of_submission(
    request: Mapping[str, Any], definition: Mapping[str, Any] | None
) -> Iterator[Refusal]:
    """
    Yield the reasons for which AWS Batch refuses a job.

    What is wrong with the job definition itself is not repeated. Templates are never refused, because
    their values are known only at run time.

    :param request: a SubmitJob request; its name and queue can be absent.
    :param definition: the RegisterJobDefinition request of its job definition, if it is known.
    """
    yield from refusals_of_names(request)
    size = mapping(request.get("arrayProperties")).get("size")
    smallest, largest = limits.ARRAY_SIZE_MIN, limits.ARRAY_SIZE_MAX
    requirement = f"AWS Batch accepts {smallest} to {largest:,}"
    path = ("arrayProperties", "size")
    yield from refusals_of_range("E401", path, "array_size", size, smallest, requirement, largest)
    yield from refusals_of_tags(request.get("tags"))
    yield from refusals_of_priority("schedulingPriorityOverride", request)
    yield from refusals_of_retries(request)
    consumables = "consumableResourcePropertiesOverride"
    yield from refusals_of_consumables(request.get(consumables), (consumables,))
    yield from refusals_of_dependencies(request)
    yield from refusals_of_overrides(request, definition)
    yield from refusals_of_submission_size(request)
