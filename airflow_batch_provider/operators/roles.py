"""Protocols: what other modules need from an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.console import ConsoleReference
    from airflow_batch_provider.handover import PublishedJob
    from airflow_batch_provider.hooks.batch import BatchHook
    from airflow_batch_provider.operators.end_policy import EndPolicy
    from airflow_batch_provider.operators.task_try import TaskTry
    from airflow_batch_provider.operators.triggerer_start import TriggererStart
    from airflow_batch_provider.spec.models import ArrayRetry


class BatchTask(Protocol):
    """A task that calls AWS Batch, and can be killed while it does."""

    task_id: str
    was_killed: bool

    @property
    def hook(self) -> BatchHook: ...

    @property
    def log(self) -> Any: ...

    def current_try(self, context: Context) -> TaskTry: ...


class JobTask(BatchTask, Protocol):
    """A task that describes a job; its templates are rendered."""

    job_key: str
    job_name: str | None
    job_label: str | None
    plan_key: str
    waits_for: Sequence[str] | None
    depends_on: Any
    upstream_task_ids: set[str]
    request: Mapping[str, Any]
    operator_extra_links: Any
    console_reference: ConsoleReference | None

    def wait_for_jobs(self, job_ids: Sequence[str]) -> None: ...


class FollowingTask(JobTask, Protocol):
    """A task that follows a job to its end."""

    adopt: Any
    adopts: bool
    publisher: PublishedJob | None
    is_planned: bool
    deferrable: bool
    array_retry: ArrayRetry
    dependent_queues: Sequence[str] | None
    has_dependent_jobs: bool
    start: TriggererStart | None
    end_policy: EndPolicy
    poll_interval_seconds: float | None
    execution_timeout: timedelta | None
    runnable_timeout: timedelta | None
    refused_timeout: timedelta | None
    fail_when_misconfigured: bool

    def stop_if_killed(self) -> None: ...

    def defer(self, *, trigger: Any, method_name: str, timeout: timedelta | None = None) -> Any: ...
