"""What the task that follows a job makes of the job's end."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from airflow_batch_provider.exit_codes import ExitCodeActions
from airflow_batch_provider.spec.language.task import TaskSettings
from airflow_batch_provider.spec.values import FixedDuration, Text

_Count = Annotated[int, Field(ge=0, strict=True)]


class ArrayRetry(StrEnum):
    """What an Airflow retry submits of an array job of which some children have failed."""

    ALL = "all"
    """All children."""
    FAILED = "failed"
    """Those that failed. ``sh`` in the image gives each the ``AWS_BATCH_JOB_ARRAY_INDEX`` that it had."""
    FAILED_WITHOUT_SHELL = "failed_without_shell"
    """Those that failed; the program itself reads ``BATCH_ORIGINAL_ARRAY_INDICES``."""


class JobTaskSettings(TaskSettings):
    """The Airflow side of a job: also what the end of the job means to its task, and what it shows of it."""

    runnable_timeout: FixedDuration | None = None
    """How long the job may be RUNNABLE, ready and without a place to run; then it is terminated."""
    fail_when_misconfigured: bool | None = None
    """Whether a job that no compute environment of its queue can run (``MISCONFIGURATION:…``) is
    terminated and fails its task without a retry; true unless given."""
    exit_codes: dict[Text, Text] | None = None
    """What the exit code of the last attempt means to the task: ``fail`` (without a retry), ``retry``,
    ``skip`` or ``succeed``, by exit code (``3``) or range of them (``64-78``)."""
    array_retry: ArrayRetry | None = None
    """What an Airflow retry submits of an array job: ``all`` children (the default), those that ``failed``
    under the indices that they had, for which the image needs an ``sh``, or those that
    ``failed_without_shell``, whose program reads ``BATCH_ORIGINAL_ARRAY_INDICES``."""
    start_in_triggerer: bool | None = None
    """Whether the task begins in the triggerer, without any worker where its job succeeds at the first
    try; false unless given. Airflow 3.3 or newer; for DAGs of up to about 500 tasks."""
    log_lines: _Count | None = None
    """How many lines of each attempt's log the task shows in its own log, the last ones; 20,000 unless
    Airflow's configuration says otherwise."""
    failed_children_logs: _Count | None = None
    """Of how many failed children of an array job the task shows the logs; 3 unless given."""

    @field_validator("exit_codes")
    @classmethod
    def _are_rules(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        ExitCodeActions.parse(value)
        return value
