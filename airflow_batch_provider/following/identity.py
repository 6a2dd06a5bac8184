"""The identity of a job across the tries of its task, and the job name that is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from airflow_batch_provider.batch.naming import sanitize, short_hash
from airflow_batch_provider.limits import NAME_LENGTH_MAX

TEST_RUN_PREFIX: Final = "__airflow_temporary_run_"
"""How the run IDs of ``airflow tasks test`` begin; Airflow deletes these runs after the test."""

_RUN_HASH_LENGTH: Final = 8
_KEY_HASH_LENGTH: Final = 8
_EPOCH_HASH_LENGTH: Final = 6
# The legible parts, DAG and job, share what the hashes and the four hyphens leave of the 128 characters.
_PART_LENGTH: Final = (
    NAME_LENGTH_MAX - _RUN_HASH_LENGTH - _KEY_HASH_LENGTH - _EPOCH_HASH_LENGTH - len("----")
) // 2


class SubmittedBy(StrEnum):
    """The task that submitted a job: the submitting task, or the job's own task that submitted it again."""

    SUBMIT = "submit"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """
    The identity of a job: equal for all tries of the same work, different after a clear.

    :param job_key: the job's task, as its ID within the DAG.
    :param epoch: Airflow's ``ti.max_tries`` of the submitting task, which changes with each clear.
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
        The job's name: ``{dag}-{run hash}-{job}-{job hash}-{epoch hash}``.

        It is legal for AWS Batch and at most 128 characters long. The first two parts are common to all
        jobs of a run and the first four to all jobs of one task, so that ListJobs finds
        both by a prefix.
        """
        # Both tasks of a job can have the same epoch; `submitted_by` keeps the names of their jobs apart.
        epoch = short_hash(*self._task, self.submitted_by, str(self.epoch), length=_EPOCH_HASH_LENGTH)
        return f"{self.job_prefix}{epoch}"

    @property
    def job_prefix(self) -> str:
        """The common prefix of the names of all jobs of the task."""
        key = short_hash(*self._task, length=_KEY_HASH_LENGTH)
        return f"{self.run_prefix}{sanitize(self.job_key, _PART_LENGTH)}-{key}-"

    @property
    def run_prefix(self) -> str:
        """The common prefix of the names of all jobs of the run."""
        return f"{self.dag_prefix}{short_hash(self.dag_id, self.run_id, length=_RUN_HASH_LENGTH)}-"

    @property
    def dag_prefix(self) -> str:
        """The common prefix of the names of all jobs of the DAG; jobs of other DAGs may have it too."""
        # AWS Batch requires a letter or digit as the first character of a job name.
        dag = sanitize(self.dag_id, _PART_LENGTH).lstrip("_-") or "dag"
        return f"{dag}-"

    @property
    def _task(self) -> tuple[str, ...]:
        return (self.dag_id, self.run_id, self.job_key, str(self.map_index))
