"""The name of a standalone run, by which its jobs are found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from airflow_batch_provider.following.identity import JobIdentity

_OWN_JOB_ID: Final = "AWS_BATCH_JOB_ID"
_DIGEST_LENGTH: Final = 6

RUN_ID_PREFIX: Final = "master__"
"""Distinguishes the run ids of standalone runs from Airflow's."""


@dataclass(frozen=True, slots=True)
class RunName:
    """
    The workflow and name of a run; submitting the same name again continues the run.

    :param name: identifies the work, such as ``2008-01-01``.
    """

    workflow: str
    name: str

    @property
    def run_id(self) -> str:
        """The run id in job names and templates; its prefix distinguishes it from Airflow's run ids."""
        return f"{RUN_ID_PREFIX}{self.name}"

    @property
    def prefix(self) -> str:
        """The common prefix of the run's job names."""
        return JobIdentity(self.workflow, self.run_id, "").run_prefix

    def identity(self, job_key: str) -> JobIdentity:
        """Return the identity of one of the run's jobs."""
        return JobIdentity(self.workflow, self.run_id, job_key)


def default_run_name(
    date: datetime | None,
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    now: datetime,
) -> str:
    """
    Derive the name of a run.

    1. With a date: the date, plus a digest of the parameters that were set.
    2. Inside an AWS Batch job: that job's id, which all its attempts share.
    3. Otherwise: the current time, so that each call is a separate run.

    :param settings: the parameters that were set on the command line.
    :param environment: environment variables.
    """
    if date is not None:
        is_day = (date.hour, date.minute, date.second) == (0, 0, 0)
        name = date.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H-%M-%S")
        return f"{name}-{_digest(settings)}" if settings else name
    if own_id := environment.get(_OWN_JOB_ID):
        return f"job-{own_id}"
    return now.strftime("%Y-%m-%dT%H-%M-%S-%f")


def _digest(settings: Mapping[str, Any]) -> str:
    text = json.dumps(settings, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
