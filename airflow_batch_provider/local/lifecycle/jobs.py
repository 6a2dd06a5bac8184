"""Jobs and attempts as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.local.lifecycle.retries import ONE_ATTEMPT, RetryStrategy

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue
    from airflow_batch_provider.local.lifecycle.consumables import ConsumableRequirement
    from airflow_batch_provider.local.lifecycle.containers import Container, ContainerState


class JobStatus(StrEnum):
    """Status of a job, in the order of the lifecycle."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in FINAL

    @property
    def occupies_host(self) -> bool:
        return self in ON_HOST


FINAL = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED})
ON_HOST = frozenset({JobStatus.STARTING, JobStatus.RUNNING})


@dataclass(frozen=True, slots=True)
class JobSpec:
    """
    A submission merged with its job definition. All children of an array job share one.

    :param containers: at least one container.
    :param millicpus: the sum of all containers, in thousandths of a vCPU; memory and GPUs are sums too.
    :param retry_described: ``retryStrategy`` in descriptions; ``None`` if none was set.
    :param depends_on: ``dependsOn`` as submitted.
    :param share_identifier: only set in queues with a scheduling policy.
    :param scheduling_priority: the priority inside the share; higher goes first.
    :param consumable_requirements: the consumable resources that an attempt holds.
    :param task: the ECS task, if the definition has ``ecsProperties``.
    :param dispatch_failure: the ``statusReason`` with which the job fails when it is placed, if it cannot be
        dispatched.
    """

    job_name: str
    queue: JobQueue
    definition_name: str
    definition_arn: str
    containers: tuple[Container, ...]
    millicpus: int
    memory_mib: int | None
    retry: RetryStrategy = ONE_ATTEMPT
    retry_described: Mapping[str, Any] | None = None
    timeout_seconds: int | None = None
    array_size: int | None = None
    is_sequential: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    depends_on: Sequence[Mapping[str, str]] = ()
    platform_capabilities: Sequence[str] = ()
    propagate_tags: bool = False
    gpus: int = 0
    share_identifier: str | None = None
    scheduling_priority: int = 0
    consumable_requirements: tuple[ConsumableRequirement, ...] = ()
    task: Mapping[str, Any] | None = None
    dispatch_failure: str | None = None


@dataclass(slots=True, eq=False)
class Attempt:
    """
    One attempt: one run of a job's containers.

    :param number: counts from 1.
    :param task_id: 32 hex digits, like the id of an ECS task.
    :param started_at: ``None`` if the containers never ran.
    :param exit_code: the exit code of the container that ended the task; ``reason`` is that container's too.
    :param containers: the state of each container if there are several; otherwise empty.
    """

    number: int
    environment: ComputeEnvironment
    task_id: str
    started_at: int | None = None
    stopped_at: int | None = None
    exit_code: int | None = None
    reason: str | None = None
    status_reason: str | None = None
    containers: tuple[ContainerState, ...] = ()


@dataclass(slots=True)
class ArrayProgress:
    """
    The number of children of an array job in each status.

    :param unfinished: children that have not ended.
    :param updated_at: milliseconds since the epoch.
    """

    counts: dict[JobStatus, int]
    unfinished: int
    updated_at: int


@dataclass(slots=True, eq=False)
class Job:
    """
    A job, an array job or a child of one.

    :param root_id: the job's id, or for a child the id of its array job.
    :param sequence: increases with every submission.
    :param waits_for: jobs that must succeed before this one (all of their children, if they are array jobs).
    :param n_to_n_dependencies: array jobs whose child *i* must succeed before this array job's child *i*.
    :param outstanding: the number of dependencies that have not ended.
    :param stop_reason: the reason of the first accepted request to end the job.
    :param is_cancelled: whether CancelJob was accepted.
    :param is_terminated: whether TerminateJob was accepted.
    """

    root_id: str
    spec: JobSpec
    sequence: int
    created_at: int
    status: JobStatus
    index: int | None = None
    parent: Job | None = None
    waits_for: tuple[Job, ...] = ()
    n_to_n_dependencies: tuple[Job, ...] = ()
    outstanding: int = 0
    started_at: int | None = None
    stopped_at: int | None = None
    status_reason: str | None = None
    attempts: tuple[Attempt, ...] = ()
    current: Attempt | None = None
    children: tuple[Job, ...] | None = None
    progress: ArrayProgress | None = None
    stop_reason: str | None = None
    is_cancelled: bool = False
    is_terminated: bool = False

    @property
    def job_id(self) -> str:
        return self.root_id if self.index is None else f"{self.root_id}:{self.index}"

    @property
    def is_array(self) -> bool:
        return self.index is None and self.spec.array_size is not None

    @property
    def latest_attempt(self) -> Attempt | None:
        """The running attempt, or the last one after the job has ended, or ``None``."""
        if self.current is not None:
            return self.current
        if self.status.is_final and self.attempts:
            return self.attempts[-1]
        return None
