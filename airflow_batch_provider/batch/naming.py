"""Names that tell a person whose job, or what definition, it is, and that a machine can find again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from airflow_batch_provider.limits import NAME_LENGTH_MAX

_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_RUN_HASH_LENGTH = 8
_KEY_HASH_LENGTH = 8
_EPOCH_HASH_LENGTH = 6
_DEFINITION_HASH_LENGTH = 16
_PART_LENGTH = (NAME_LENGTH_MAX - _RUN_HASH_LENGTH - _KEY_HASH_LENGTH - _EPOCH_HASH_LENGTH - len("----")) // 2


class Submitter(StrEnum):
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
    submitter: Submitter = Submitter.SUBMIT

    @property
    def job_name(self) -> str:
        """
        Name the job ``{dag}-{run hash}-{job}-{job hash}-{epoch hash}``.

        Legal for AWS Batch, at most 128 characters. The first two parts are the same for all
        jobs of a run and the first four for all jobs of one task, so that ListJobs finds
        either by a prefix.
        """
        epoch = _digest(*self._whose, self.submitter, str(self.epoch), length=_EPOCH_HASH_LENGTH)
        return f"{self.job_prefix}{epoch}"

    @property
    def job_prefix(self) -> str:
        """What the names of all jobs of the task begin with."""
        key = _digest(*self._whose, length=_KEY_HASH_LENGTH)
        return f"{self.run_prefix}{_legible(self.job_key)}-{key}-"

    @property
    def run_prefix(self) -> str:
        """What the names of all jobs of the run begin with."""
        dag = _legible(self.dag_id).lstrip("_-") or "dag"
        return f"{dag}-{_digest(self.dag_id, self.run_id, length=_RUN_HASH_LENGTH)}-"

    def of(self, job_key: str) -> JobIdentity:
        """Take the identity of another job of the same run, submitted by the same task."""
        return replace(self, job_key=job_key)

    @property
    def _whose(self) -> tuple[str, ...]:
        return (self.dag_id, self.run_id, self.job_key, str(self.map_index))


def with_label(job_name: str, label: str | None) -> str:
    """
    Put an author's own words behind the name of a job, as far as 128 characters leave room for them.

    Behind it, so that the prefixes by which jobs are found stay what they are. What AWS Batch
    takes in no name becomes ``-``.
    """
    room = NAME_LENGTH_MAX - len(job_name) - len("-")
    legible = _ILLEGAL.sub("-", label or "")[: max(room, 0)].strip("-")
    return f"{job_name}-{legible}" if legible else job_name


def is_name_of(name: str, job_name: str) -> bool:
    """Tell whether a job in AWS Batch has the name of an identity, with whatever label behind it."""
    return name == job_name or name.startswith(f"{job_name}-")


def definition_name(registration: Mapping[str, Any]) -> str:
    """
    Name a job definition by its content: ``{family}-{hash}``, at most 128 characters.

    Two definitions have the same name if and only if they say the same, in whichever order.

    :param registration: a RegisterJobDefinition request whose ``jobDefinitionName`` is the family.
    """
    content = {name: value for name, value in registration.items() if name != "jobDefinitionName"}
    canonical = json.dumps(content, sort_keys=True, default=str)
    family = _ILLEGAL.sub("-", str(registration["jobDefinitionName"]))
    legible = family[: NAME_LENGTH_MAX - _DEFINITION_HASH_LENGTH - 1].strip("-_") or "job"
    return f"{legible}-{_digest(canonical, length=_DEFINITION_HASH_LENGTH)}"


def _legible(text: str) -> str:
    return _ILLEGAL.sub("-", text)[:_PART_LENGTH].strip("-") or "job"


def _digest(*parts: str, length: int) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:length]
