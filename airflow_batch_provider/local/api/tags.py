"""TagResource, UntagResource and ListTagsForResource."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.local.api.request import Request
from airflow_batch_provider.local.api.tag_rules import check_tags
from airflow_batch_provider.local.errors import ClientException
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


def _taggable(request: Request) -> str:
    """Return the ARN of the request if a resource that takes tags lives there; children take none."""
    arn: str = request.params["resourceArn"]
    if not _exists(request.region, arn):
        raise ClientException(f"Resource {arn} does not exist or takes no tags.")
    return arn


def _exists(region: Region, arn: str) -> bool:
    resource = arn.split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    if region.place.batch_arn(kind, name) != arn:
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
