"""The live jobs of an account, with the run and task for which each was submitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from airflow_batch_provider import limits
from airflow_batch_provider.following.identity import TEST_RUN_PREFIX, JobIdentity
from airflow_batch_provider.following.tags import (
    DAG_TAG,
    ENVIRONMENT_TAG,
    MAP_INDEX_TAG,
    RUN_TAG,
    TASK_TAG,
    tag_value,
)
from airflow_batch_provider.standalone.run_name import RUN_ID_PREFIX

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary


class BatchJobs(Protocol):
    """The methods of ``BatchClient`` that find and terminate jobs."""

    def list_job_queues(self) -> list[str]: ...

    def list_live_jobs(self, job_queue: str) -> Iterator[JobSummary]: ...

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]: ...

    def terminate(self, job_ids: Sequence[str], reason: str) -> None: ...


class Leave(StrEnum):
    """Why a job is left alone, whatever Airflow knows about its run."""

    OTHER_TOOL = "without the provider's tags"
    STANDALONE = "of runs without Airflow"
    OTHER_ENVIRONMENT = "of other environments"
    UNNAMED = "without an environment"
    UNIDENTIFIED = "whose run cannot be identified"
    RECENT = "submitted recently"
    NOT_CHOSEN = "of other DAGs"


@dataclass(frozen=True, slots=True)
class LiveJob:
    """
    A job that runs or will run.

    :param created_at: seconds since the epoch.
    :param identity: the job name that the provider made from DAG, run and task.
    :param run_id: as the tag holds it, in which some characters may have been replaced.
    """

    job_id: str
    job_name: str
    job_queue: str
    status: JobStatus
    created_at: float
    identity: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    @classmethod
    def of(cls, job: JobDescription) -> LiveJob:
        """Read the tags of a job."""
        map_index = job.tags.get(MAP_INDEX_TAG, "")
        return cls(
            job_id=job.job_id,
            job_name=job.job_name,
            job_queue=job.job_queue.rpartition("/")[2],
            status=job.status,
            created_at=(job.created_at or 0) / 1000,
            identity=job.identity or "",
            dag_id=job.tags[DAG_TAG],
            run_id=job.tags[RUN_TAG],
            task_id=job.tags.get(TASK_TAG, ""),
            map_index=int(map_index) if map_index.isdecimal() else -1,
        )

    def is_of_run(self, run_id: str) -> bool:
        """Whether the job was submitted for this run of its DAG, by the hash in its name."""
        return self.identity.startswith(JobIdentity(self.dag_id, run_id, "").run_prefix)

    @property
    def names_its_dag(self) -> bool:
        """Whether the job's name belongs to the DAG in its tag, which an author can replace."""
        return self.identity.startswith(JobIdentity(self.dag_id, "", "").dag_prefix)


@dataclass(frozen=True, slots=True)
class Scope:
    """
    The jobs that a sweep looks at.

    :param environment: the name of the Airflow whose jobs are wanted or not.
    :param includes_unnamed: whether to look at jobs without an environment, too.
    :param job_queues: names or ARNs; all queues of the account and Region if empty.
    :param dag_ids: all DAGs if empty.
    :param older_than: the least age in seconds: a worker may still be writing what it has submitted; 0 for
        jobs of any age.
    """

    environment: str | None
    includes_unnamed: bool = False
    job_queues: tuple[str, ...] = ()
    dag_ids: frozenset[str] = frozenset()
    older_than: float = 600.0

    def leaves(self, job: JobDescription, now: float) -> Leave | None:
        """Return why a job is left alone, or None if Airflow is to be asked about it."""
        tags = job.tags
        if not job.identity or not tags.get(DAG_TAG) or not tags.get(RUN_TAG):
            return Leave.OTHER_TOOL
        if tags[RUN_TAG].startswith((RUN_ID_PREFIX, TEST_RUN_PREFIX)):
            return Leave.STANDALONE
        environment = tags.get(ENVIRONMENT_TAG)
        if environment is None and not self.includes_unnamed:
            return Leave.UNNAMED
        if environment is not None and environment != tag_value(self.environment or ""):
            return Leave.OTHER_ENVIRONMENT
        if self.dag_ids and tags[DAG_TAG] not in self.dag_ids:
            return Leave.NOT_CHOSEN
        # Not for 0: the clock of this machine may be slow.
        if self.older_than and now - (job.created_at or 0) / 1000 < self.older_than:
            return Leave.RECENT
        return None


def read_live_jobs(batch: BatchJobs, scope: Scope, now: float) -> Iterator[LiveJob | Leave]:
    """
    Yield each live job of the scope's queues, or why it is left alone.

    It takes one ListJobs call for 1,000 jobs of a status and one DescribeJobs call for 100 jobs.
    """
    seen: set[str] = set()
    for queue in scope.job_queues or batch.list_job_queues():
        listed = iter(batch.list_live_jobs(queue))
        while chunk := list(islice(listed, limits.DESCRIBE_JOBS_MAX)):
            new = [job.job_id for job in chunk if job.job_id not in seen]
            seen.update(new)
            for job in batch.describe(new).values():
                if not job.status.is_final and not job.is_ending:
                    yield scope.leaves(job, now) or LiveJob.of(job)
