"""Tracks which changes of a Region have to be written to the state file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.region import RETENTION_MS, Region
from airflow_batch_provider.local.state.codec import Codec, Resource
from airflow_batch_provider.local.state.job_rows import NOT_A_CHILD, snapshot

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Job
    from airflow_batch_provider.local.state.file import Statement

RESOURCE: Final = "insert or replace into resources values (?, ?, ?, ?, ?, 1)"
DELETED_RESOURCE: Final = "update resources set is_alive = 0 where region = ? and number = ?"
DEFINITION: Final = "insert or replace into definitions values (?, ?, ?, ?, ?, ?)"
SUBMISSION: Final = "insert or ignore into submissions values (?, ?, ?, ?, ?)"
JOB: Final = "insert or replace into jobs values (?, ?, ?, ?, ?)"
EXPIRED_ROWS: Final = tuple(
    f"delete from {table} where (region, root_id) in (select region, root_id from jobs"
    " where child = -1 and stopped_at is not null and region = ? and stopped_at < ?)"
    for table in ("submissions", "jobs")
)
EXPIRY_INTERVAL_MS: Final = 3600 * 1000
NOT_WRITTEN: Final = ("in_use", "shortage", "defect")


class RegionChanges:
    """
    Collects the changes of a Region in the event loop, as statements for a thread to execute.

    :ivar region: the Region.
    :ivar codec: encodes the records of the Region.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.codec = Codec()
        self._numbers = count(1)
        self._written: dict[Resource, tuple[Any, ...]] = {}
        self._definitions: dict[str, tuple[str, Any]] = {}
        self._submitted: set[str] = set()
        self._changed: dict[Job, None] = {}
        self._expiry_due = 0

    def add(self, job: Job) -> None:
        """Record that a job has changed. Jobs are written in the order of their latest changes."""
        # A dict keeps the place of a key's first insertion; removing it first moves the job to the end.
        self._changed.pop(job, None)
        self._changed[job] = None

    @property
    def size(self) -> int:
        return len(self._changed)

    def mark_restored(self, submitted: set[str]) -> None:
        """Record that the file already contains the registered resources and these submissions."""
        self._submitted = submitted
        for resource in self.codec.numbers:
            self._written[resource] = self._fingerprint(resource)
        self._numbers = count(max(self.codec.numbers.values(), default=0) + 1)

    def collect(self, now: int) -> Iterator[Statement]:
        """
        Return the statements that bring the file up to date.

        Another thread may iterate over their rows: everything that can change is read here.
        """
        statements: list[Statement] = [*self._resources(), *self._new_definitions()]
        changed, self._changed = self._changed, {}
        roots = [job for job in changed if job.parent is None and job.root_id not in self._submitted]
        self._submitted.update(job.root_id for job in roots)
        name = self.region.location.region
        waits = [(job, (_ids(job.waits_for), _ids(job.n_to_n_dependencies))) for job in roots]
        states = [(job.root_id, _child(job), self._data_of(job), job.stopped_at) for job in changed]
        # A generator: the journal's thread encodes the specs, which never change.
        statements.append((SUBMISSION, (self._submission(job, ids) for job, ids in waits)))
        rows = ((name, root, child, json.dumps(data), ended) for root, child, data, ended in states)
        statements.append((JOB, rows))
        return iter([*statements, *self._expiry(now)])

    def _expiry(self, now: int) -> Iterator[Statement]:
        """Delete the rows of expired jobs, at most once an hour because the query is expensive."""
        if now >= self._expiry_due:
            self._expiry_due = now + EXPIRY_INTERVAL_MS
            yield from ((sql, [(self.region.location.region, now - RETENTION_MS)]) for sql in EXPIRED_ROWS)

    def _resources(self) -> Iterator[Statement]:
        region, name = self.region, self.region.location.region
        current: Iterator[Resource] = chain(
            region.policies.values(),
            region.consumables.values(),
            region.environments.values(),
            region.scheduler.queues.values(),
        )
        deleted = dict(self._written)
        for resource in current:
            deleted.pop(resource, None)
            if resource not in self.codec.numbers:
                self.codec.register(resource, next(self._numbers))
            fingerprint = self._fingerprint(resource)
            if self._written.get(resource) != fingerprint:
                self._written[resource] = fingerprint
                data, tags = self.codec.write(resource), json.dumps(self._tags(resource.arn))
                number = self.codec.numbers[resource]
                yield RESOURCE, [(name, number, type(resource).__name__, data, tags)]
        for resource in deleted:
            del self._written[resource]
            yield DELETED_RESOURCE, [(name, self.codec.numbers[resource])]

    def _new_definitions(self) -> Iterator[Statement]:
        location = self.region.location
        for definition in self.region.definitions.newest_first():
            state = definition.status, self._tags(definition.arn)
            if self._definitions.get(definition.arn) != state:
                self._definitions[definition.arn] = state
                request, tags = json.dumps(definition.request), json.dumps(state[1])
                row = (location.region, definition.name, definition.revision, state[0], request, tags)
                yield DEFINITION, [row]

    def _submission(self, job: Job, waits_for: tuple[list[str], list[str]]) -> tuple[Any, ...]:
        spec = self.codec.write(job.spec)
        return self.region.location.region, job.root_id, job.sequence, spec, json.dumps(waits_for)

    def _data_of(self, job: Job) -> tuple[Any, ...]:
        tags = self._tags(self.region.job_arn(job)) if job.parent is None else None
        return (*snapshot(job, self.codec.numbers), tags)

    def _fingerprint(self, resource: Resource) -> tuple[Any, ...]:
        members = (field.name for field in fields(resource) if field.name not in NOT_WRITTEN)
        return (*(getattr(resource, name) for name in members), self._tags(resource.arn))

    def _tags(self, arn: str) -> Mapping[str, str]:
        return self.region.tags.get(arn, {})


def _ids(jobs: tuple[Job, ...]) -> list[str]:
    return [job.job_id for job in jobs]


def _child(job: Job) -> int:
    return NOT_A_CHILD if job.index is None else job.index
