"""Restores the Regions from a state file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.consumables import ConsumableResource
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec, JobStatus
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.start_error import StartError
from airflow_batch_provider.local.state.codec import RESOURCES, Resource
from airflow_batch_provider.local.state.job_rows import NOT_A_CHILD, attach_children, new_child, restore_job

if TYPE_CHECKING:
    from airflow_batch_provider.local.region import Region
    from airflow_batch_provider.local.state.file import StateFile
    from airflow_batch_provider.local.state.region_changes import RegionChanges

RANKS: Final = {kind.__name__: rank for rank, kind in enumerate(RESOURCES)}
REGIONS: Final = (
    "select region from resources union select region from definitions union select region from submissions"
)
DAMAGED: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError)


def restore_regions(file: StateFile, changes_of: Callable[[str], RegionChanges], now: int) -> list[str]:
    """
    Restore all Regions. Jobs that were STARTING or RUNNING have lost their host.

    :param changes_of: returns the changes of an empty Region by the Region's name.
    :return: the names of the Regions.
    :raises StartError: if the file contains invalid data.
    """
    try:
        names = [name for (name,) in file.read(REGIONS)]
        regions = {name: changes_of(name) for name in sorted(names)}
        _read_resources(file, regions)
        _read_definitions(file, regions)
        _read_jobs(file, regions, now)
    except DAMAGED as error:
        raise StartError(
            f"The state file is damaged ({error!r}). Delete the file or choose another one."
        ) from error
    return list(regions)


def _read_resources(file: StateFile, regions: dict[str, RegionChanges]) -> None:
    rows = list(file.read("select region, number, kind, data, tags, is_alive from resources"))
    for name, number, _, data, tags, is_alive in sorted(rows, key=lambda row: (RANKS[row[2]], row[1])):
        changes = regions[name]
        resource = changes.codec.read(data)
        changes.codec.register(resource, number)
        if is_alive:
            changes.region.tags[resource.arn] = json.loads(tags)
            _add_resource(changes.region, resource)


def _add_resource(region: Region, resource: Resource) -> None:
    match resource:
        case SchedulingPolicy():
            region.policies[resource.name] = resource
        case ConsumableResource():
            resource.in_use = 0
            region.consumables[resource.name] = resource
        case ComputeEnvironment():
            resource.in_use, resource.shortage, resource.defect = 0, None, None
            region.environments[resource.name] = resource
        case JobQueue():
            resource.in_use = 0
            region.scheduler.queues[resource.name] = resource
    if isinstance(resource, ComputeEnvironment | JobQueue) and resource.status is not ResourceStatus.VALID:
        region.resource_changed(resource)


def _read_definitions(file: StateFile, regions: dict[str, RegionChanges]) -> None:
    sql = "select region, status, request, tags from definitions order by region, name, revision"
    for name, status, request, tags in file.read(sql):
        region = regions[name].region
        definition = region.definitions.register(json.loads(request))
        definition.status = status
        region.tags[definition.arn] = json.loads(tags)


def _read_jobs(file: StateFile, regions: dict[str, RegionChanges], now: int) -> None:
    rows: dict[tuple[str, str], dict[int, list[Any]]] = {}
    for name, root_id, child, data in file.read("select region, root_id, child, data from jobs"):
        rows.setdefault((name, root_id), {})[child] = json.loads(data)
    jobs: dict[str, dict[str, Job]] = {name: {} for name in regions}
    waits: list[tuple[str, Job, Any]] = []
    sql = "select region, root_id, sequence, spec, waits_for from submissions order by sequence"
    for name, root_id, sequence, spec, waits_for in file.read(sql):
        changes = regions[name]
        job = _job((root_id, changes.codec.read(spec), sequence), rows[name, root_id], changes)
        jobs[name][root_id] = job
        waits.append((name, job, json.loads(waits_for)))
    # In a second pass: the jobs that a job waits for must exist.
    for name, job, (waits_for, n_to_n_dependencies) in waits:
        if not job.status.is_final:
            job.waits_for = () if job.children is not None else _found(jobs[name], waits_for)
            job.n_to_n_dependencies = _found(jobs[name], n_to_n_dependencies)
    for name, changes in regions.items():
        changes.mark_restored(set(jobs[name]))
        changes.region.restore(list(jobs[name].values()), now)


def _job(identity: tuple[str, JobSpec, int], rows: dict[int, list[Any]], changes: RegionChanges) -> Job:
    *data, tags = rows.pop(NOT_A_CHILD)
    job = restore_job(identity, data, changes.codec.resource)
    if tags:
        changes.region.tags[changes.region.job_arn(job)] = tags
    if rows:
        size = job.spec.array_size or 0
        children = [
            restore_job(identity, rows[index][:-1], changes.codec.resource, job, index)
            if index in rows
            else new_child(job, index)
            for index in range(size)
        ]
        attach_children(job, children)
    if job.status is JobStatus.PENDING and not rows:
        # Its dependencies are registered again when SUBMITTED jobs are evaluated.
        job.status = JobStatus.SUBMITTED
    return job


def _found(jobs: dict[str, Job], job_ids: Iterable[str]) -> tuple[Job, ...]:
    """Return the jobs that still exist. The others have expired, so they have ended."""
    found = []
    for job_id in job_ids:
        root_id, colon, index = job_id.partition(":")
        job = jobs.get(root_id)
        if job is not None:
            found.append(job.children[int(index)] if colon and job.children else job)
    return tuple(found)
