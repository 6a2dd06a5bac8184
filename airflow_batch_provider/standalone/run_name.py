"""A run of a workflow outside Airflow, and the name by which it is found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from airflow_batch_provider.following.identity import JobIdentity

_OWN_JOB: Final = "AWS_BATCH_JOB_ID"
_DIGEST_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class RunName:
    """
    One run: whoever submits the workflow under this name again goes on with it.

    :param name: the same for the same work, such as ``2008-01-01``.
    """

    workflow: str
    name: str

    @property
    def run_id(self) -> str:
        """The run id in job names and templates; no run of Airflow's has such a one."""
        return f"master__{self.name}"

    @property
    def prefix(self) -> str:
        """What the names of all jobs of the run begin with."""
        return JobIdentity(self.workflow, self.run_id, "").run_prefix

    def identity(self, job_key: str) -> JobIdentity:
        """Say whose job it is."""
        return JobIdentity(self.workflow, self.run_id, job_key)


def default_run_name(
    date: datetime | None,
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    now: datetime,
) -> str:
    """
    Name a run by what makes it what it is.

    By its date and the parameters that were set; else, inside AWS Batch, by the master job's own
    id, which its attempts share; else by the moment, so that each call is a run of its own.

    :param settings: the parameters that differ from their defaults.
    """
    if date is not None:
        is_day = (date.hour, date.minute, date.second) == (0, 0, 0)
        name = date.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H-%M-%S")
        return f"{name}-{_digest(settings)}" if settings else name
    if own_id := environment.get(_OWN_JOB):
        return f"job-{own_id}"
    return now.strftime("%Y-%m-%dT%H-%M-%S-%f")


def _digest(settings: Mapping[str, Any]) -> str:
    text = json.dumps(settings, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
