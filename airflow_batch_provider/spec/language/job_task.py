"""Settings of a job's Airflow task: how the result of the job affects it, and what it shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from airflow_batch_provider.exit_codes import parse_exit_codes
from airflow_batch_provider.spec.language.task import TaskSettings
from airflow_batch_provider.spec.values import FixedDuration, Text

_Count = Annotated[int, Field(ge=0, strict=True)]


def _check_exit_codes(value: str) -> str:
    parse_exit_codes(value)
    return value


_ExitCodes = Annotated[Text, AfterValidator(_check_exit_codes)]
_ExitAction = Literal["fail", "retry", "skip", "succeed"]
"""The values of ``ExitAction``."""


class ArrayRetry(StrEnum):
    """The children that an Airflow retry submits after some children of an array job have failed."""

    ALL = "all"
    """All children."""
    FAILED = "failed"
    """The failed children. ``sh`` in the image restores each ``AWS_BATCH_JOB_ARRAY_INDEX``."""
    FAILED_WITHOUT_SHELL = "failed_without_shell"
    """The failed children. The program reads its original index from ``BATCH_ORIGINAL_ARRAY_INDICES``."""


class JobTaskSettings(TaskSettings):
    """Settings of a job's Airflow task, including how the result of the job affects it."""

    deferrable: bool | None = None
    """Whether the task waits for its job without a worker. The default is true, but false with a ``pool``:
    Airflow counts deferred tasks only for a pool that includes them."""
    runnable_timeout: FixedDuration | None = None
    """The maximum time that the job may stay RUNNABLE, waiting for capacity. Then it is terminated."""
    refused_timeout: FixedDuration | None = None
    """The maximum time that AWS may refuse the credentials of the connection while the task waits. Then the
    task fails, its job keeps running, and the next try finds the job. The default is one hour, unless
    Airflow's configuration sets another."""
    fail_when_misconfigured: bool | None = None
    """Whether to terminate a job that no compute environment of its queue can run
    (``MISCONFIGURATION:…``) and fail its task without a retry. The default is true."""
    exit_codes: dict[_ExitCodes, _ExitAction] | None = None
    """The outcome of the task by exit code (``3``) or range (``64-78``) of the last attempt: ``fail``
    (without a retry), ``retry``, ``skip`` or ``succeed``."""
    array_retry: ArrayRetry | None = None
    """The children that an Airflow retry of an array job submits: ``all`` (the default), or those that
    ``failed``. The image needs ``sh`` to restore the original index of each child. Without ``sh``, use
    ``failed_without_shell`` and read the index from ``BATCH_ORIGINAL_ARRAY_INDICES``."""
    start_in_triggerer: bool | None = None
    """Whether the task starts in the triggerer. It then needs no worker if its job succeeds on the first
    try. The default is false. Requires Airflow 3.3 or newer; for DAGs of up to about 500 tasks."""
    log_lines: _Count | None = None
    """The number of log lines to show of each attempt, from the end of its log. The default is 20,000,
    unless Airflow's configuration sets another."""
    failed_children_logs: _Count | None = None
    """The number of failed children of an array job whose logs the task shows. The default is 3."""
