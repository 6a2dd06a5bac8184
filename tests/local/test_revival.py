"""A state file read back at any moment: the lifecycle's invariants hold on, and no job is forgotten."""

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
from airflow_batch_provider.local.state.region_record import RegionRecord
from airflow_batch_provider.local.state.revival import revive
from tests.local.simulation import Simulation
from tests.local.test_invariants import LifecycleMachine


def is_unwritten(job: Job) -> bool:
    """Tell whether nothing has happened to a child since its birth, so that it has no row of its own."""
    marks = job.stop_reason, job.is_cancelled or None, job.is_terminated or None
    return job.parent is not None and job.status is JobStatus.PENDING and not any(marks)


class RestartMachine(LifecycleMachine):
    @rule()
    def restart(self) -> None:
        before = {job.job_id: job.status for job in self.everyone()}
        self.simulation = self.revived()
        region = self.simulation.region
        self.environment = region.environments["ce"]
        self.queues = [region.scheduler.queues[name] for name in ("high", "low", "shares")]
        self.licence = region.consumables["licence"]
        self.jobs = [job for old in self.jobs if (job := region.find_job(old.root_id)) is not None]

        after = {job.job_id: job.status for job in self.everyone()}
        assert set(before) <= set(after)
        assert all(after[job_id] is status for job_id, status in before.items() if status.is_final)

    def revived(self) -> Simulation:
        old, new = self.simulation, Simulation()
        new.now = old.now
        old.region.consumables["licence"] = self.licence
        old.region.policies = {queue.policy.name: queue.policy for queue in self.queues if queue.policy}
        record = RegionRecord(old.region)
        for job in self.everyone():
            if not is_unwritten(job):
                record.note(job)
        with TemporaryDirectory() as folder:
            file = StateFile(Path(folder) / "state.db", "123456789012")
            file.write(record.collect(old.now))
            revive(file, lambda _: RegionRecord(new.region), new.now)
            file.close()
        return new


RestartMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRestarts = RestartMachine.TestCase


def test_every_type_inside_a_job_can_be_written() -> None:
    reachable = {kind.__name__ for root in (JobSpec, *RESOURCES) for kind in types_inside(root)}

    assert reachable <= set(KNOWN)


def types_inside(kind: Any, seen: set[Any] | None = None) -> Iterator[Any]:
    """Yield a dataclass and those that its fields hold."""
    seen = set() if seen is None else seen
    if is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        yield kind
        hints = get_type_hints(kind)
        for field in fields(kind):
            yield from types_inside(hints[field.name], seen)
    for argument in get_args(kind):
        yield from types_inside(argument, seen)
