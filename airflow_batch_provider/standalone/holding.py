"""Cancel the jobs of a DAG that have not started, so that their tasks submit them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

from airflow_batch_provider.batch.job import JobStatus
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import DAG_TAG, RUN_TAG, tag_value
from airflow_batch_provider.following.terminations import HELD
from airflow_batch_provider.standalone.run_name import RUN_ID_PREFIX

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription, JobSummary

_WAITING: Final = (JobStatus.SUBMITTED, JobStatus.PENDING, JobStatus.RUNNABLE)
"""In the order in which a job has them: a job that moves on while they are listed is listed twice."""

_STARTED: Final = (JobStatus.STARTING, JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED)


class JobHolder(Protocol):
    """The methods of ``BatchClient`` that find and cancel jobs."""

    def list_job_queues(self) -> list[str]: ...

    def list_jobs_by_status(self, job_queue: str, status: JobStatus) -> list[JobSummary]: ...

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]: ...

    def cancel(self, job_ids: Sequence[str], reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class HeldJobs:
    """
    The jobs of a DAG that have not started.

    :param waiting: jobs that have not started.
    :param started: array jobs with children that have started.
    """

    waiting: tuple[JobDescription, ...]
    started: tuple[JobDescription, ...]

    @classmethod
    def find(
        cls, client: JobHolder, dag_id: str, run_id: str | None = None, job_queues: Sequence[str] = ()
    ) -> Self:
        """
        Return the jobs that have not started.

        :param run_id: None for all runs; then only jobs with the provider's tags are found.
        :param job_queues: names or ARNs; all queues of the Region if empty.
        """
        identity = JobIdentity(dag_id, run_id or "", "")
        prefix = identity.run_prefix if run_id is not None else identity.dag_prefix
        listed = {
            job.job_id
            for queue in job_queues or client.list_job_queues()
            for status in _WAITING
            for job in client.list_jobs_by_status(queue, status)
            if job.is_live and job.job_name.startswith(prefix)
        }
        described = client.describe(sorted(listed)).values()
        of_dag = [job for job in described if run_id is not None or _is_of_dag(job, dag_id)]
        waiting = [job for job in of_dag if job.status in _WAITING]
        return cls(
            tuple(job for job in waiting if not _has_started(job)),
            tuple(job for job in waiting if _has_started(job)),
        )

    def hold(self, client: JobHolder) -> None:
        """Cancel the jobs that have not started; AWS Batch leaves a job alone that has just started."""
        client.cancel([job.job_id for job in self.waiting], HELD)


def _is_of_dag(job: JobDescription, dag_id: str) -> bool:
    """Whether a task of the DAG follows the job; the names of the jobs of another DAG may begin like its."""
    is_standalone = job.tags.get(RUN_TAG, "").startswith(RUN_ID_PREFIX)
    return job.tags.get(DAG_TAG) == tag_value(dag_id) and not is_standalone


def _has_started(job: JobDescription) -> bool:
    """Whether children of an array have started; the array itself is PENDING until its last child starts."""
    return job.array is not None and any(job.array.count(status) for status in _STARTED)
