"""``consumableResourceProperties`` of jobs, and ListJobsByConsumableResource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.api.consumable_resources import existing_resource
from airflow_batch_provider.local.api.pagination import page_by_offset
from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.consumables import ConsumableRequirement, ConsumableResource
from airflow_batch_provider.local.lifecycle.job_index import matches_name

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.lifecycle.jobs import Job

MAX_REQUIREMENTS: Final = 5
FILTERS: Final = ("JOB_STATUS", "JOB_NAME")


def check_requirements(properties: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if a requirement is incomplete or there are too many."""
    requirements = properties.get("consumableResourceList", [])
    if len(requirements) > MAX_REQUIREMENTS:
        raise ClientException(
            f"consumableResourceList has {len(requirements)} entries; the maximum is {MAX_REQUIREMENTS}."
        )
    for requirement in requirements:
        if not requirement.get("consumableResource") or requirement.get("quantity", 0) < 1:
            raise ClientException(
                "Each entry of consumableResourceList needs a consumableResource and a quantity of 1 or more."
            )


def read_requirements(request: Request, *properties: Mapping[str, Any]) -> tuple[ConsumableRequirement, ...]:
    """
    Merge the requirements of a definition and a submission; for the same resource, the submission wins.

    :raises ClientException: if a resource does not exist.
    """
    quantities: dict[ConsumableResource, int] = {}
    for each in properties:
        check_requirements(each)
        for requirement in each.get("consumableResourceList", []):
            resource = existing_resource(request, requirement["consumableResource"])
            quantities[resource] = requirement["quantity"]
    return tuple(ConsumableRequirement(*requirement) for requirement in quantities.items())


def describe_requirements(job: Job) -> dict[str, Any] | None:
    """Return ``consumableResourceProperties`` of a job, or ``None`` if it requires nothing."""
    if not job.spec.consumable_requirements:
        return None
    return {
        "consumableResourceList": [
            {"consumableResource": each.resource.arn, "quantity": each.quantity}
            for each in job.spec.consumable_requirements
        ]
    }


def list_jobs_by_consumable_resource(request: Request) -> dict[str, Any]:
    resource = existing_resource(request, request.params["consumableResource"])
    page, token = page_by_offset(_filtered(request, resource), request.params)
    return {"jobs": [_summarize(request, job, resource) for job in page], "nextToken": token}


def _filtered(request: Request, resource: ConsumableResource) -> Iterator[Job]:
    filters = request.params.get("filters", [])
    for each in filters:
        if each.get("name") not in FILTERS:
            raise ClientException(
                f"Filter {each.get('name')!r} is unknown; it must be one of {', '.join(FILTERS)}."
            )
    return (
        job
        for job in request.region.jobs_requiring(resource)
        if not request.region.is_forgotten(job)
        and all(_matches(job, each["name"], each.get("values", [])) for each in filters)
    )


def _matches(job: Job, name: str, values: list[str]) -> bool:
    if name == "JOB_STATUS":
        return job.status.value in values
    return any(matches_name(job.spec.job_name, value) for value in values)


def _summarize(request: Request, job: Job, resource: ConsumableResource) -> dict[str, Any]:
    return {
        "jobArn": request.region.job_arn(job),
        "jobQueueArn": job.spec.queue.arn,
        "jobName": job.spec.job_name,
        "jobDefinitionArn": job.spec.definition_arn,
        "shareIdentifier": job.spec.share_identifier,
        "jobStatus": job.status.value,
        "quantity": next(
            each.quantity for each in job.spec.consumable_requirements if each.resource is resource
        ),
        "statusReason": job.status_reason,
        "startedAt": job.started_at,
        "createdAt": job.created_at,
        "consumableResourceProperties": describe_requirements(job),
    }
