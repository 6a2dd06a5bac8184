"""TagResource, UntagResource and ListTagsForResource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.errors import ClientException

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.region import Region


def tag_resource(request: Request) -> dict[str, Any]:
    arn = _taggable(request)
    tags = {**request.region.tags.get(arn, {}), **request.params["tags"]}
    check_tags(tags)
    request.region.tags[arn] = tags
    return {}


def untag_resource(request: Request) -> dict[str, Any]:
    arn = _taggable(request)
    tags = dict(request.region.tags.get(arn, {}))
    for key in request.params["tagKeys"]:
        tags.pop(key, None)
    request.region.tags[arn] = tags
    return {}


def list_tags_for_resource(request: Request) -> dict[str, Any]:
    return {"tags": request.region.tags.get(_taggable(request), {})}


def tagged_job(request: Request, _result: Mapping[str, Any]) -> Iterator[Job]:
    """Yield the job whose tags were changed, if the resource is a job."""
    kind, _, job_id = request.params["resourceArn"].split(":", 5)[-1].partition("/")
    job = request.region.find_job(job_id) if kind == "job" else None
    if job is not None:
        yield job


def _taggable(request: Request) -> str:
    """
    Return the ARN in the request.

    :raises ClientException: if the resource does not exist, or is a child of an array job.
    """
    arn: str = request.params["resourceArn"]
    if not _exists(request.region, arn):
        raise ClientException(f"Resource {arn} does not exist or cannot be tagged.")
    return arn


def _exists(region: Region, arn: str) -> bool:
    resource = arn.split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    if region.location.batch_arn(kind, name) != arn:
        return False
    if kind == "job":
        job = region.find_job(name)
        return job is not None and job.index is None
    if kind == "job-queue":
        return name in region.scheduler.queues
    if kind == "compute-environment":
        return name in region.environments
    if kind == "scheduling-policy":
        return name in region.policies
    if kind == "consumable-resource":
        return name in region.consumables
    return kind == "job-definition" and region.definitions.get(name) is not None
