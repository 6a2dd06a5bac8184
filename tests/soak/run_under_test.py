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
TIMEOUT_SECONDS = 600.0
"""Ten times what any step takes on a slow machine."""


def eventually(poll: Callable[[], T], description: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> T:
    """Poll until a function returns a true value."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := poll()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{description}: not within {timeout_seconds:g} s")
        time.sleep(0.3)
    return result


@dataclass(frozen=True)
class RunUnderTest:
    """
    One DAG run and its jobs.

    :param keys: the job keys of its shape; ``first`` is the first of them.
    :param max_live: the maximum number of concurrent live jobs by job key.
    """

    api: AirflowApi
    batch: LocalBatchRegion
    dag_id: str
    keys: tuple[str, ...]
    run: DagRun
    client: Any = field(repr=False)
    max_live: Counter[str] = field(default_factory=Counter)

    @classmethod
    def start(
        cls, api: AirflowApi, batch: LocalBatchRegion, dag_id: str, keys: tuple[str, ...], **conf: Any
    ) -> RunUnderTest:
        api.wait_for_dag(dag_id)
        return cls(api, batch, dag_id, keys, api.trigger(dag_id, conf=conf), batch.client())

    @property
    def is_per_job(self) -> bool:
        return "per_job" in self.dag_id

    def task(self, key: str) -> str:
        """Return the id of the task that follows a job."""
        return f"{key}.wait" if self.is_per_job else key

    def submit_task(self, key: str) -> str:
        """Return the id of the task that submits a job."""
        return f"{key}.submit" if self.is_per_job else "submit"

    def submit_tasks(self) -> list[str]:
        return list(dict.fromkeys(self.submit_task(key) for key in self.keys))

    def state(self) -> str:
        return self.api.run(self.dag_id, self.run.run_id).state

    def task_state(self, key: str) -> str | None:
        return self.api.task_instance(self.dag_id, self.run.run_id, self.task(key)).state

    def jobs(self, key: str) -> list[Mapping[str, Any]]:
        """Return all jobs submitted for a job key, oldest first."""
        prefix = JobIdentity(self.dag_id, self.run.run_id, key).job_prefix
        filters = [{"name": "JOB_NAME", "values": [f"{prefix}*"]}]
        pages = self.client.get_paginator("list_jobs").paginate(jobQueue=JOB_QUEUE, filters=filters)
        listed = [job for page in pages for job in page["jobSummaryList"]]
        return sorted(listed, key=lambda job: (job["createdAt"], job["jobId"]))

    def submitted(self) -> dict[str, int]:
        """Return the number of submissions by job key."""
        return {key: len(self.jobs(key)) for key in self.keys}

    def live(self) -> Counter[str]:
        """Return the number of jobs that run or will run, by job key."""
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
        """Return the states of the run's tasks by task id."""
        return {task.task_id: task.state for task in self.api.task_instances(self.dag_id, self.run.run_id)}

    def log(self, key: str) -> str:
        """Return the log of the first try of the task that follows a job."""
        return self.api.log(self.dag_id, self.run.run_id, self.task(key))

    def process_of(self, task_id: str) -> psutil.Process | None:
        """Return the process that runs a task's code: a child of the executor's worker."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{quote(self.run.run_id, safe='')}/taskInstances/{task_id}"
        instance = self.api.call("GET", path)["id"]
        return next((each for each in psutil.process_iter() if is_task(each, instance)), None)

    def wait_for_state(self, state: str, key: str = "first") -> None:
        """Wait for a state of the task that follows a job."""
        eventually(lambda: self.task_state(key) == state, f"{self.dag_id}: '{key}' {state}")

    def wait_ended(self) -> str:
        eventually(lambda: self.api.run(self.dag_id, self.run.run_id).is_final, f"{self.dag_id}: run ended")
        return self.state()

    def end_running_jobs(self) -> bool:
        """Let every running job succeed; return whether the run has ended."""
        self.max_live.update(self.live() - self.max_live)
        for job in self.running_jobs():
            with suppress(ControlRefusedError):  # it has already ended
                self.batch.end_job(job["jobId"])
        return self.api.run(self.dag_id, self.run.run_id).is_final

    def running_jobs(self) -> list[Mapping[str, Any]]:
        """Return the jobs that can be ended now: running ones, and arrays with running children."""
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
    Return whether a process runs a task's code.

    :param instance: the id of a task instance; by default any.
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


def check(tested: RunUnderTest, expected: Expected) -> None:
    """Compare a run that has ended with the expected result."""
    followed = {tested.task(key): state for key, state in expected.tasks.items()}
    first, *others = tested.submit_tasks()
    submitting = {first: expected.submitting[0], **dict.fromkeys(others, expected.submitting[1])}

    state, tasks = tested.wait_ended(), tested.task_states()
    eventually(lambda: not tested.live(), f"no live job of {tested.dag_id}")

    assert state == expected.state
    assert {task: normalize(tasks[task], wanted) for task, wanted in followed.items()} == followed
    assert {task: tasks[task] for task in submitting} == submitting
    assert tested.submitted() == expected.submitted
    assert expected.terminated <= tested.terminated() <= expected.terminated | expected.may_be_terminated
    assert max(tested.max_live.values(), default=0) <= 1


def finish_all(tested_runs: Sequence[RunUnderTest]) -> None:
    """Let all jobs of runs succeed until the runs have ended."""
    left = list(tested_runs)

    def all_ended() -> bool:
        left[:] = [tested for tested in left if not tested.end_running_jobs()]
        return not left

    eventually(all_ended, "all runs have ended")


def wait_for_all_to_end(tested_runs: Sequence[RunUnderTest]) -> None:
    """Wait until runs whose jobs end by themselves have ended."""
    for tested in tested_runs:
        tested.wait_ended()
