"""The jobs of the demo's runs, as AWS Batch sees them."""

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
class FollowedJob:
    """
    One job of one month.

    :param children: of an array job: how many children have which status.
    :param queued_seconds: from its submission to its first start, dependencies included.
    :param ran_seconds: from there to its end; of an array job, to the last child's end.
    :param exit_codes: more than one where the children of an array job differ.
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


class JobFollower:
    """
    Look again and again at the jobs of some runs.

    :param batch: a boto3 client of AWS Batch.
    """

    def __init__(self, api: AirflowApi, batch: Any) -> None:
        self._api = api
        self._batch = batch
        self._job_ids: dict[str, dict[str, str]] = {}
        self._ended_children: dict[str, list[Json]] = {}

    def look(self, runs: list[DagRun]) -> list[FollowedJob]:
        """Describe all jobs submitted so far, by month and in the workflow's order."""
        months = {run.run_id: month_of(run) for run in runs}
        for run_id in months:
            self._read_job_ids(run_id)
        found = {
            job_id: (months[run_id], job_key)
            for run_id, job_ids in self._job_ids.items()
            for job_key, job_id in job_ids.items()
        }
        jobs = [
            followed_job(*found[about["jobId"]], about, self._children(about))
            for about in self._describe(list(found))
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

    def _children(self, about: Json) -> list[Json]:
        """Describe the children of an array job that has ended; AWS gives the parent no times."""
        if about["status"] not in _FINAL:
            return []
        job_id = about["jobId"]
        if job_id not in self._ended_children:
            size = about.get("arrayProperties", {}).get("size", 0)
            self._ended_children[job_id] = self._describe([f"{job_id}:{index}" for index in range(size)])
        return self._ended_children[job_id]


def followed_job(month: str, job_key: str, about: Json, children: Sequence[Json] = ()) -> FollowedJob:
    """Read AWS's descriptions of a job and, if it is an array job that has ended, of its children."""
    summary = about.get("arrayProperties", {}).get("statusSummary", {})
    attempts = children or [about]
    started = min(_moments("startedAt", attempts), default=None)
    stopped = max(_moments("stoppedAt", attempts), default=None)
    return FollowedJob(
        month=month,
        job_key=job_key,
        job_id=about["jobId"],
        status=about["status"],
        exit_codes=tuple(sorted({code for job in attempts if (code := _exit_code(job)) is not None})),
        children={status: count for status, count in summary.items() if count},
        queued_seconds=_seconds(about.get("createdAt"), started),
        ran_seconds=_seconds(started, stopped),
    )


def _moments(member: str, jobs: Sequence[Json]) -> list[int]:
    return [job[member] for job in jobs if job.get(member)]


def _exit_code(about: Json) -> int | None:
    code: int | None = about.get("container", {}).get("exitCode")
    return code


def _seconds(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else (end - start) / 1000
