"""The jobs of a run in AWS Batch: found by name, described, ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from airflow_batch_provider.batch.job import JobDescription, JobSummary
from airflow_batch_provider.standalone.run_name import RunName


class JobLister(Protocol):
    """The part of ``BatchClient`` that is needed here."""

    def jobs_named(self, job_queue: str, pattern: str) -> list[JobSummary]: ...

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]: ...

    def terminate(self, job_ids: Sequence[str], reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RunJobs:
    """
    All jobs that a run has in AWS Batch.

    :param by_key: the jobs of each job key, the newest first; a job that was submitted again
        has more than one.
    """

    by_key: Mapping[str, Sequence[JobSummary]]

    @property
    def newest(self) -> dict[str, str]:
        """The id of the newest job for each job key that has one."""
        return {key: jobs[0].job_id for key, jobs in self.by_key.items() if jobs}

    @property
    def live_ids(self) -> list[str]:
        """The ids of all that run or will run, in the order of the job keys."""
        return [job.job_id for jobs in self.by_key.values() for job in jobs if job.is_live]


def find_run(client: JobLister, run: RunName, job_keys: Iterable[str], job_queues: Iterable[str]) -> RunJobs:
    """
    List the jobs of a run, one ListJobs call for a queue and a hundred jobs.

    :param job_keys: in the order in which they are submitted.
    :param job_queues: names or ARNs.
    """
    listed = [
        job for queue in dict.fromkeys(job_queues) for job in client.jobs_named(queue, f"{run.prefix}*")
    ]
    newest_first = sorted(listed, key=lambda job: job.created_at, reverse=True)
    prefixes = {key: run.identity(key).job_prefix for key in job_keys}
    return RunJobs(
        {
            key: [job for job in newest_first if job.job_name.startswith(prefix)]
            for key, prefix in prefixes.items()
        }
    )
