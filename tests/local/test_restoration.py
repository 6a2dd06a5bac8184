"""Restores the state file at any time: the invariants of the lifecycle still hold, and no job is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args, get_type_hints

from hypothesis import settings
from hypothesis.stateful import rule

from airflow_batch_provider.local.lifecycle.jobs import Job, JobSpec, JobStatus
from airflow_batch_provider.local.state.codec import KNOWN, RESOURCES
from airflow_batch_provider.local.state.file import StateFile
from airflow_batch_provider.local.state.region_changes import RegionChanges
from airflow_batch_provider.local.state.restoration import restore_regions
from tests.local.simulation import Simulation
from tests.local.test_invariants import LifecycleMachine


def is_unwritten(job: Job) -> bool:
    """Return whether a child has not changed since its creation, so that it has no row of its own."""
    marks = job.stop_reason, job.is_cancelled or None, job.is_terminated or None
    return job.parent is not None and job.status is JobStatus.PENDING and not any(marks)


class RestartMachine(LifecycleMachine):
    @rule()
    def restart(self) -> None:
        before = {job.job_id: job.status for job in self.all_jobs()}
        self.simulation = self.restored()
        region = self.simulation.region
        self.environment = region.environments["ce"]
        self.queues = [region.scheduler.queues[name] for name in ("high", "low", "shares")]
        self.license = region.consumables["license"]
        self.jobs = [job for old in self.jobs if (job := region.find_job(old.root_id)) is not None]

        after = {job.job_id: job.status for job in self.all_jobs()}
        assert set(before) <= set(after)
        assert all(after[job_id] is status for job_id, status in before.items() if status.is_final)

    def restored(self) -> Simulation:
        old, new = self.simulation, Simulation()
        new.now = old.now
        old.region.consumables["license"] = self.license
        old.region.policies = {queue.policy.name: queue.policy for queue in self.queues if queue.policy}
        changes = RegionChanges(old.region)
        for job in self.all_jobs():
            if not is_unwritten(job):
                changes.add(job)
        with TemporaryDirectory() as folder:
            file = StateFile(Path(folder) / "state.db", "123456789012")
            file.write(changes.collect(old.now))
            restore_regions(file, lambda _: RegionChanges(new.region), new.now)
            file.close()
        return new


RestartMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRestarts = RestartMachine.TestCase


def test_every_type_inside_a_job_can_be_written() -> None:
    reachable = {kind.__name__ for root in (JobSpec, *RESOURCES) for kind in types_inside(root)}

    assert reachable <= set(KNOWN)


def types_inside(kind: Any, seen: set[Any] | None = None) -> Iterator[Any]:
    """Yield a dataclass and the dataclasses in its fields."""
    seen = set() if seen is None else seen
    if is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        yield kind
        hints = get_type_hints(kind, localns=dict(KNOWN))
        for field in fields(kind):
            yield from types_inside(hints[field.name], seen)
    for argument in get_args(kind):
        yield from types_inside(argument, seen)
