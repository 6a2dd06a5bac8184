"""A run of one shape of workflow, what is done to it, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.local.control_client import ControlRefusedError, LocalBatchRegion
from demo.account import JOB_QUEUE
from demo.airflow_api import AirflowApi
from demo.airflow_records import DagRun

T = TypeVar("T")

ENDED = ("SUCCEEDED", "FAILED")
PATIENCE_SECONDS = 600.0
"""Long enough for a slow machine; nothing that works takes a tenth of it."""


def eventually(look: Callable[[], T], what: str) -> T:
    """Look again and again until there is something to see."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {PATIENCE_SECONDS:g} s")
        time.sleep(0.3)
    return seen


@dataclass(frozen=True)
class Scene:
    """
    One run.

    :param keys: the job keys of its shape; ``first`` is the first of them.
    """

    api: AirflowApi
    batch: LocalBatchRegion
    dag_id: str
    keys: tuple[str, ...]
    run: DagRun
    client: Any = field(repr=False)

    @classmethod
    def start(
        cls, api: AirflowApi, batch: LocalBatchRegion, dag_id: str, keys: tuple[str, ...], **conf: Any
    ) -> Scene:
        api.wait_for_dag(dag_id)
        return cls(api, batch, dag_id, keys, api.trigger(dag_id, conf=conf), batch.client())

    @property
    def is_per_job(self) -> bool:
        return "per_job" in self.dag_id

    def task(self, key: str) -> str:
        """Name the task that follows a job."""
        return f"{key}.wait" if self.is_per_job else key

    def submitting(self, key: str) -> str:
        return f"{key}.submit" if self.is_per_job else "submit"

    def state(self) -> str:
        return self.api.run(self.dag_id, self.run.run_id).state

    def task_state(self, key: str) -> str | None:
        return self.api.task_instance(self.dag_id, self.run.run_id, self.task(key)).state

    def jobs(self, key: str) -> list[Mapping[str, Any]]:
        """All jobs ever submitted for a job key, the oldest first."""
        job_key = self.task(key) if not self.is_per_job else key
        prefix = JobIdentity(self.dag_id, self.run.run_id, job_key).job_prefix
        filters = [{"name": "JOB_NAME", "values": [f"{prefix}*"]}]
        pages = self.client.get_paginator("list_jobs").paginate(jobQueue=JOB_QUEUE, filters=filters)
        listed = [job for page in pages for job in page["jobSummaryList"]]
        return sorted(listed, key=lambda job: (job["createdAt"], job["jobId"]))

    def submitted(self) -> dict[str, int]:
        """How often each job was submitted."""
        return {key: len(self.jobs(key)) for key in self.keys}

    def live(self) -> Counter[str]:
        """How many jobs of each key run or will run."""
        return Counter(
            key
            for key in self.keys
            for job in self.jobs(key)
            if job["status"] not in ENDED and not job.get("isTerminated")
        )

    def terminated(self) -> set[str]:
        """The keys of which somebody has terminated a job."""
        return {key for key in self.keys for job in self.jobs(key) if job.get("isTerminated")}

    def wait_deferred(self, key: str = "first") -> None:
        eventually(lambda: self.task_state(key) == "deferred", f"{self.dag_id}: '{key}' deferred")

    def wait_ended(self) -> str:
        eventually(lambda: self.api.run(self.dag_id, self.run.run_id).is_final, f"{self.dag_id}: run ended")
        return self.state()

    def push(self) -> bool:
        """Let every job that runs succeed; whether the run has ended."""
        for job in self.jobs_that_run():
            with suppress(ControlRefusedError):  # it has ended meanwhile
                self.batch.end_job(job["jobId"])
        return self.api.run(self.dag_id, self.run.run_id).is_final

    def jobs_that_run(self) -> list[Mapping[str, Any]]:
        """Those that can be ended now: running ones, and arrays of which children run."""
        listed = [job for key in self.keys for job in self.jobs(key)]
        candidates = [job["jobId"] for job in listed if job["status"] in ("PENDING", "STARTING", "RUNNING")]
        if not candidates:
            return []
        described = self.client.describe_jobs(jobs=candidates)["jobs"]
        return [
            job
            for job in described
            if job["status"] == "RUNNING"
            or job.get("arrayProperties", {}).get("statusSummary", {}).get("RUNNING")
        ]

    def clear(self, key: str, *, downstream: bool = False) -> None:
        self.api.clear_tasks(self.dag_id, self.run.run_id, [self.task(key)], downstream=downstream)

    def mark(self, state: str, key: str | None = None) -> None:
        if key is None:
            self.api.set_run_state(self.dag_id, self.run.run_id, state)
        else:
            self.api.set_task_state(self.dag_id, self.run.run_id, self.task(key), state)


def finish_all(scenes: Sequence[Scene]) -> None:
    """Let all jobs of runs succeed until the runs have ended."""
    left = list(scenes)

    def push() -> bool:
        left[:] = [scene for scene in left if not scene.push()]
        return not left

    eventually(push, "all runs have ended")
