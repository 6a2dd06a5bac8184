"""The AWS Batch jobs of the demo's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.airflow_api import AirflowApi, AirflowApiError
from harness.airflow_records import DagRun, Json
from harness.post_trade import DAG_ID, JOB_KEYS, SUBMIT_TASK, month_of

_FINAL = frozenset({"SUCCEEDED", "FAILED"})
_DESCRIBE_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoJob:
    """
    One job of one month.

    :param children: for an array job, the number of children by status.
    :param queued_seconds: from submission to the first start, including the wait for dependencies.
    :param ran_seconds: from the first start to the end; for an array job, to the last child's end.
    :param exit_codes: the distinct exit codes of the job or its children.
    """

    month: str
    job_key: str
    job_id: str
    status: str
    exit_codes: tuple[int, ...]
    children: Mapping[str, int]
    queued_seconds: float | None
    ran_seconds: float | None

    @property
    def is_final(self) -> bool:
        return self.status in _FINAL


class JobTracker:
    """
    Track the jobs of several runs.

    :param batch: a boto3 client of AWS Batch.
    """

    def __init__(self, api: AirflowApi, batch: Any) -> None:
        self._api = api
        self._batch = batch
        self._job_ids: dict[str, dict[str, str]] = {}
        self._ended_children: dict[str, list[Json]] = {}

    def poll(self, runs: list[DagRun]) -> list[DemoJob]:
        """Return all jobs submitted so far, sorted by month and workflow order."""
        months = {run.run_id: month_of(run) for run in runs}
        for run_id in months:
            self._read_job_ids(run_id)
        found = {
            job_id: (months[run_id], job_key)
            for run_id, job_ids in self._job_ids.items()
            for job_key, job_id in job_ids.items()
        }
        jobs = [
            read_demo_job(*found[description["jobId"]], description, self._children(description))
            for description in self._describe(list(found))
        ]
        return sorted(jobs, key=lambda job: (job.month, JOB_KEYS.index(job.job_key)))

    def _read_job_ids(self, run_id: str) -> None:
        if len(self._job_ids.get(run_id, {})) == len(JOB_KEYS):
            return
        try:
            published = self._api.xcoms(DAG_ID, run_id, SUBMIT_TASK)
        except AirflowApiError:
            return
        ids = {key: published[key] for key in JOB_KEYS if isinstance(published.get(key), str)}
        self._job_ids[run_id] = ids

    def _describe(self, job_ids: list[str]) -> list[Json]:
        described: list[Json] = []
        for start in range(0, len(job_ids), _DESCRIBE_LIMIT):
            chunk = job_ids[start : start + _DESCRIBE_LIMIT]
            described += self._batch.describe_jobs(jobs=chunk)["jobs"]
        return described

    def _children(self, description: Json) -> list[Json]:
        """Describe the children of an array job that has ended; AWS reports no times for the parent."""
        if description["status"] not in _FINAL:
            return []
        job_id = description["jobId"]
        if job_id not in self._ended_children:
            size = description.get("arrayProperties", {}).get("size", 0)
            self._ended_children[job_id] = self._describe([f"{job_id}:{index}" for index in range(size)])
        return self._ended_children[job_id]


def read_demo_job(month: str, job_key: str, description: Json, children: Sequence[Json] = ()) -> DemoJob:
    """Return a job from its description and, for an array job that has ended, its children's."""
    summary = description.get("arrayProperties", {}).get("statusSummary", {})
    attempts = children or [description]
    started = min(_timestamps("startedAt", attempts), default=None)
    stopped = max(_timestamps("stoppedAt", attempts), default=None)
    return DemoJob(
        month=month,
        job_key=job_key,
        job_id=description["jobId"],
        status=description["status"],
        exit_codes=tuple(sorted({code for job in attempts if (code := _exit_code(job)) is not None})),
        children={status: count for status, count in summary.items() if count},
        queued_seconds=_seconds(description.get("createdAt"), started),
        ran_seconds=_seconds(started, stopped),
    )


def _timestamps(member: str, jobs: Sequence[Json]) -> list[int]:
    return [job[member] for job in jobs if job.get(member)]


def _exit_code(description: Json) -> int | None:
    code: int | None = description.get("container", {}).get("exitCode")
    return code


def _seconds(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else (end - start) / 1000
