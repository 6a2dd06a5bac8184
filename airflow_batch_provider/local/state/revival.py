"""Brings the Regions of a state file back to life."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue, ResourceStatus
from airflow_batch_provider.local.lifecycle.consumables import ConsumableResource
from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec, JobStatus
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from airflow_batch_provider.local.region import Region
from airflow_batch_provider.local.start_error import StartError
from airflow_batch_provider.local.state.codec import RESOURCES, Resource
from airflow_batch_provider.local.state.file import StateFile
from airflow_batch_provider.local.state.job_rows import WHOLE, attach_children, restore, unadmitted
from airflow_batch_provider.local.state.region_record import RegionRecord

RANKS: Final = {kind.__name__: rank for rank, kind in enumerate(RESOURCES)}
REGIONS: Final = (
    "select region from resources union select region from definitions union select region from submissions"
)
DAMAGED: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError)


def revive(file: StateFile, record_of: Callable[[str], RegionRecord], now: int) -> list[str]:
    """
    Read all Regions; what ran when the server went away has lost its host.

    :param record_of: returns the record of a Region, which is to be empty, by its name.
    :return: the names of the Regions.
    :raises StartError: if the file has what no server would have written.
    """
    try:
        names = [name for (name,) in file.read(REGIONS)]
        records = {name: record_of(name) for name in sorted(names)}
        _read_resources(file, records)
        _read_definitions(file, records)
        _read_jobs(file, records, now)
    except DAMAGED as error:
        raise StartError(f"the state file is damaged ({error!r}); delete it or name another one.") from error
    return list(records)


def _read_resources(file: StateFile, records: dict[str, RegionRecord]) -> None:
    rows = list(file.read("select region, number, kind, data, tags, is_alive from resources"))
    for name, number, _, data, tags, is_alive in sorted(rows, key=lambda row: (RANKS[row[2]], row[1])):
        record = records[name]
        resource = record.codec.read(data)
        record.codec.introduce(resource, number)
        if is_alive:
            record.region.tags[resource.arn] = json.loads(tags)
            _take_in(record.region, resource)


def _take_in(region: Region, resource: Resource) -> None:
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
        region.changed(resource)


def _read_definitions(file: StateFile, records: dict[str, RegionRecord]) -> None:
    sql = "select region, status, request, tags from definitions order by region, name, revision"
    for name, status, request, tags in file.read(sql):
        region = records[name].region
        definition = region.definitions.register(json.loads(request))
        definition.status = status
        region.tags[definition.arn] = json.loads(tags)


def _read_jobs(file: StateFile, records: dict[str, RegionRecord], now: int) -> None:
    rows: dict[tuple[str, str], dict[int, list[Any]]] = {}
    for name, root_id, child, data in file.read("select region, root_id, child, data from jobs"):
        rows.setdefault((name, root_id), {})[child] = json.loads(data)
    jobs: dict[str, dict[str, Job]] = {name: {} for name in records}
    waits: list[tuple[str, Job, Any]] = []
    sql = "select region, root_id, sequence, spec, waits_for from submissions order by sequence"
    for name, root_id, sequence, spec, waits_for in file.read(sql):
        record = records[name]
        job = _job((root_id, record.codec.read(spec), sequence), rows[name, root_id], record)
        jobs[name][root_id] = job
        waits.append((name, job, json.loads(waits_for)))
    for name, job, (waits_for, pipelined_on) in waits:
        if not job.status.is_final:
            job.waits_for = () if job.children is not None else _found(jobs[name], waits_for)
            job.pipelined_on = _found(jobs[name], pipelined_on)
    for name, record in records.items():
        record.resume(set(jobs[name]))
        record.region.adopt(list(jobs[name].values()), now)


def _job(identity: tuple[str, JobSpec, int], rows: dict[int, list[Any]], record: RegionRecord) -> Job:
    *data, tags = rows.pop(WHOLE)
    job = restore(identity, data, record.codec.resource)
    if tags:
        record.region.tags[record.region.job_arn(job)] = tags
    if rows:
        size = job.spec.array_size or 0
        children = [
            restore(identity, rows[index][:-1], record.codec.resource, job, index)
            if index in rows
            else unadmitted(job, index)
            for index in range(size)
        ]
        attach_children(job, children)
    if job.status is JobStatus.PENDING and not rows:
        job.status = JobStatus.SUBMITTED
    return job


def _found(jobs: dict[str, Job], job_ids: Iterable[str]) -> tuple[Job, ...]:
    """Return the jobs that are still known; the others have expired, and were met."""
    found = []
    for job_id in job_ids:
        root_id, colon, index = job_id.partition(":")
        job = jobs.get(root_id)
        if job is not None:
            found.append(job.children[int(index)] if colon and job.children else job)
    return tuple(found)
