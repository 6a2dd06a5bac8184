"""A run of one workflow shape: actions on it, and checks of its result."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import psutil

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.local.control_client import ControlRefusedError, LocalBatchRegion
from harness.account import JOB_QUEUE
from harness.airflow_api import AirflowApi
from harness.airflow_records import DagRun
from tests.soak.expected import NOT_RUN, Expected

T = TypeVar("T")

ENDED = ("SUCCEEDED", "FAILED")
PATIENCE_SECONDS = 600.0
"""Long enough for a slow machine; nothing that works takes a tenth of it."""


def eventually(look: Callable[[], T], what: str, *, patience_seconds: float = PATIENCE_SECONDS) -> T:
    """Poll until a function returns a true value."""
    deadline = time.monotonic() + patience_seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience_seconds:g} s")
        time.sleep(0.3)
    return seen


@dataclass(frozen=True)
class Scene:
    """
    One run.

    :param keys: the job keys of its shape; ``first`` is the first of them.
    :param most: how many live jobs of a key were ever seen at a time.
    """

    api: AirflowApi
    batch: LocalBatchRegion
    dag_id: str
    keys: tuple[str, ...]
    run: DagRun
    client: Any = field(repr=False)
    most: Counter[str] = field(default_factory=Counter)

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
        """Name the task that submits a job."""
        return f"{key}.submit" if self.is_per_job else "submit"

    def submitting_tasks(self) -> list[str]:
        return list(dict.fromkeys(self.submitting(key) for key in self.keys))

    def state(self) -> str:
        return self.api.run(self.dag_id, self.run.run_id).state

    def task_state(self, key: str) -> str | None:
        return self.api.task_instance(self.dag_id, self.run.run_id, self.task(key)).state

    def jobs(self, key: str) -> list[Mapping[str, Any]]:
        """All jobs ever submitted for a job key, the oldest first."""
        prefix = JobIdentity(self.dag_id, self.run.run_id, key).job_prefix
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
        """The terminated jobs as ``key#number``; a key's first job is number 1."""
        return {
            f"{key}#{number}"
            for key in self.keys
            for number, job in enumerate(self.jobs(key), start=1)
            if job.get("isTerminated")
        }

    def task_states(self) -> dict[str, str | None]:
        """The states of all tasks of the run by task id."""
        return {task.task_id: task.state for task in self.api.task_instances(self.dag_id, self.run.run_id)}

    def log(self, key: str) -> str:
        """The log of the first try of the task that follows a job."""
        return self.api.log(self.dag_id, self.run.run_id, self.task(key))

    def process_of(self, task_id: str) -> psutil.Process | None:
        """Find the process that runs a task's code: the child of an executor's worker."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{quote(self.run.run_id, safe='')}/taskInstances/{task_id}"
        instance = self.api.call("GET", path)["id"]
        return next((each for each in psutil.process_iter() if is_task(each, instance)), None)

    def wait_deferred(self, key: str = "first") -> None:
        eventually(lambda: self.task_state(key) == "deferred", f"{self.dag_id}: '{key}' deferred")

    def wait_ended(self) -> str:
        eventually(lambda: self.api.run(self.dag_id, self.run.run_id).is_final, f"{self.dag_id}: run ended")
        return self.state()

    def push(self) -> bool:
        """Let every job that runs succeed; whether the run has ended."""
        self.most.update(self.live() - self.most)
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


def normalize(state: str | None, wanted: str) -> str | None:
    """Return the expected value for a state that it includes, such as ``skipped or upstream_failed``."""
    return wanted if wanted == NOT_RUN and state in NOT_RUN.split(" or ") else state


def is_task(process: psutil.Process, instance: str = "") -> bool:
    """
    Tell the process that runs a task's code.

    :param instance: of this task instance alone.
    """
    try:
        parent = process.parent()
        title = " ".join(process.cmdline())
        return (
            parent is not None
            and title.startswith("airflow worker")
            and "LocalExecutor" not in title
            and instance in title
            and " ".join(parent.cmdline()).startswith("airflow worker")
        )
    except psutil.Error:
        return False


def check(scene: Scene, expected: Expected) -> None:
    """Compare a run that has ended with the expected result."""
    followed = {scene.task(key): state for key, state in expected.tasks.items()}
    first, *others = scene.submitting_tasks()
    submitting = {first: expected.submitting[0], **dict.fromkeys(others, expected.submitting[1])}

    state, tasks = scene.wait_ended(), scene.task_states()
    eventually(lambda: not scene.live(), f"no live job of {scene.dag_id}")

    assert state == expected.state
    assert {task: normalize(tasks[task], wanted) for task, wanted in followed.items()} == followed
    assert {task: tasks[task] for task in submitting} == submitting
    assert scene.submitted() == expected.submitted
    assert expected.terminated <= scene.terminated() <= expected.terminated | expected.may_be_terminated
    assert max(scene.most.values(), default=0) <= 1


def finish_all(scenes: Sequence[Scene]) -> None:
    """Let all jobs of runs succeed until the runs have ended."""
    left = list(scenes)

    def push() -> bool:
        left[:] = [scene for scene in left if not scene.push()]
        return not left

    eventually(push, "all runs have ended")
