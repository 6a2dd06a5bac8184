"""Find the jobs of a standalone run in AWS Batch by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription, JobSummary
    from airflow_batch_provider.standalone.run_name import RunName


class JobReader(Protocol):
    """The methods of ``BatchClient`` that find, describe and terminate jobs."""

    def list_jobs_by_name(self, job_queue: str, pattern: str) -> list[JobSummary]: ...

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]: ...

    def terminate(self, job_ids: Sequence[str], reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RunJobs:
    """
    All jobs of a run in AWS Batch.

    :param by_key: the jobs of each job key, newest first; more than one if the job was resubmitted.
    """

    by_key: Mapping[str, Sequence[JobSummary]]

    @property
    def newest(self) -> dict[str, str]:
        """The id of the newest job, by job key; without the keys that have no job."""
        return {key: jobs[0].job_id for key, jobs in self.by_key.items() if jobs}

    @property
    def live_ids(self) -> list[str]:
        """The ids of all jobs that run or will run, in the order of the job keys."""
        return [job.job_id for jobs in self.by_key.values() for job in jobs if job.is_live]


def find_run_jobs(
    client: JobReader, run: RunName, job_keys: Iterable[str], job_queues: Iterable[str]
) -> RunJobs:
    """
    List the jobs of a run: one ListJobs call per queue and 100 jobs.

    :param job_keys: the job keys in submission order.
    :param job_queues: names or ARNs.
    """
    listed = [
        job
        for queue in dict.fromkeys(job_queues)
        for job in client.list_jobs_by_name(queue, f"{run.prefix}*")
    ]
    newest_first = sorted(listed, key=lambda job: job.created_at, reverse=True)
    prefixes = {key: run.identity(key).job_prefix for key in job_keys}
    return RunJobs(
        {
            key: [job for job in newest_first if job.job_name.startswith(prefix)]
            for key, prefix in prefixes.items()
        }
    )
