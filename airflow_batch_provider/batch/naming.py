"""Job names that tell a person whose job it is and that a machine can find again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from airflow_batch_provider.limits import NAME_LENGTH_MAX

_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_RUN_HASH_LENGTH = 8
_HASH_LENGTH = 12
_PART_LENGTH = (NAME_LENGTH_MAX - _RUN_HASH_LENGTH - _HASH_LENGTH - len("---")) // 2


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """
    Whose job it is: the same for every try of the same work, another after a clear.

    :param job_key: the job's task, as its id inside the DAG.
    :param epoch: changes when people ask for the work anew; Airflow's ``ti.max_tries``.
    """

    dag_id: str
    run_id: str
    job_key: str
    map_index: int = -1
    epoch: int = 0

    @property
    def job_name(self) -> str:
        """
        Name the job ``{dag}-{run hash}-{job}-{hash}``: legal for AWS Batch, at most 128 characters.

        The first two parts are the same for all jobs of a run, so that ListJobs finds them
        by a prefix.
        """
        return f"{self.run_prefix}{_legible(self.job_key)}-{_digest(*self._parts, length=_HASH_LENGTH)}"

    @property
    def run_prefix(self) -> str:
        """What the names of all jobs of the run begin with."""
        dag = _legible(self.dag_id).lstrip("_-") or "dag"
        return f"{dag}-{_digest(self.dag_id, self.run_id, length=_RUN_HASH_LENGTH)}-"

    @property
    def _parts(self) -> tuple[str, ...]:
        return (self.dag_id, self.run_id, self.job_key, str(self.map_index), str(self.epoch))


def _legible(text: str) -> str:
    return _ILLEGAL.sub("-", text)[:_PART_LENGTH].strip("-") or "job"


def _digest(*parts: str, length: int) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:length]
