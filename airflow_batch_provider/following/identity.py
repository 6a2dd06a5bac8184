"""Whose job it is, and the name by which it is found again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from airflow_batch_provider.batch.naming import sanitize, short_hash
from airflow_batch_provider.limits import NAME_LENGTH_MAX

_RUN_HASH_LENGTH: Final = 8
_KEY_HASH_LENGTH: Final = 8
_EPOCH_HASH_LENGTH: Final = 6
_PART_LENGTH: Final = (
    NAME_LENGTH_MAX - _RUN_HASH_LENGTH - _KEY_HASH_LENGTH - _EPOCH_HASH_LENGTH - len("----")
) // 2


class SubmittedBy(StrEnum):
    """Which task has submitted a job: the one that submits, or the job's own that had to do it anew."""

    SUBMIT = "submit"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """
    Whose job it is: the same for every try of the same work, another after a clear.

    :param job_key: the job's task, as its id inside the DAG.
    :param epoch: changes when people ask for the work anew; Airflow's ``ti.max_tries`` of the
        task that submits.
    """

    dag_id: str
    run_id: str
    job_key: str
    map_index: int = -1
    epoch: int = 0
    submitted_by: SubmittedBy = SubmittedBy.SUBMIT

    @property
    def job_name(self) -> str:
        """
        Name the job ``{dag}-{run hash}-{job}-{job hash}-{epoch hash}``.

        Legal for AWS Batch, at most 128 characters. The first two parts are the same for all
        jobs of a run and the first four for all jobs of one task, so that ListJobs finds
        either by a prefix.
        """
        epoch = short_hash(*self._whose, self.submitted_by, str(self.epoch), length=_EPOCH_HASH_LENGTH)
        return f"{self.job_prefix}{epoch}"

    @property
    def job_prefix(self) -> str:
        """What the names of all jobs of the task begin with."""
        key = short_hash(*self._whose, length=_KEY_HASH_LENGTH)
        return f"{self.run_prefix}{sanitize(self.job_key, _PART_LENGTH)}-{key}-"

    @property
    def run_prefix(self) -> str:
        """What the names of all jobs of the run begin with."""
        dag = sanitize(self.dag_id, _PART_LENGTH).lstrip("_-") or "dag"
        return f"{dag}-{short_hash(self.dag_id, self.run_id, length=_RUN_HASH_LENGTH)}-"

    def of(self, job_key: str) -> JobIdentity:
        """Take the identity of another job of the same run, submitted by the same task."""
        return replace(self, job_key=job_key)

    @property
    def _whose(self) -> tuple[str, ...]:
        return (self.dag_id, self.run_id, self.job_key, str(self.map_index))
