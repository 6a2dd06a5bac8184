"""Jobs as records: what was submitted, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from airflow_batch_provider.local.lifecycle.capacity import ComputeEnvironment, JobQueue
from airflow_batch_provider.local.lifecycle.consumables import Need
from airflow_batch_provider.local.lifecycle.containers import Container, ContainerState
from airflow_batch_provider.local.lifecycle.retries import ONE_ATTEMPT, RetryStrategy


class JobStatus(StrEnum):
    """Status of a job, in the order of its life."""

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
    A submitted job, merged with its definition. Shared by the children of an array job.

    :param containers: at least one.
    :param millicpus: thousandths of a vCPU, of all containers together; so are memory and GPUs.
    :param retry_described: ``retryStrategy`` as it is described; absent if nobody set one.
    :param depends_on: ``dependsOn`` as it was sent.
    :param share_identifier: present in queues with a fair share policy only.
    :param scheduling_priority: inside its share; the higher one goes first.
    :param needs: consumable resources that an attempt holds.
    :param task: the ECS task around the containers, if the definition has ``ecsProperties``.
    :param dispatch_failure: why the job fails when its turn comes, if it cannot be dispatched.
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
    needs: tuple[Need, ...] = ()
    task: Mapping[str, Any] | None = None
    dispatch_failure: str | None = None


@dataclass(slots=True, eq=False)
class Attempt:
    """
    One run of a job's containers.

    :param number: from 1.
    :param task_id: 32 hex digits, as of an ECS task.
    :param started_at: absent if the containers never ran.
    :param exit_code: that of the container whose end was the end of the task; so is ``reason``.
    :param containers: what became of each of several; empty if there is only one.
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
    """How many children of an array job are in which status."""

    counts: dict[JobStatus, int]
    unfinished: int
    updated_at: int


@dataclass(slots=True, eq=False)
class Job:
    """
    A job, an array job or a child of one.

    :param root_id: its own id, or for a child the id of its array job.
    :param sequence: grows with every submission.
    :param unmet: how many dependencies are still outstanding.
    :param waits_for: jobs on which it depends as a whole.
    :param pipelined_on: array jobs on whose children its own depend one by one (``N_TO_N``).
    :param stop_reason: why it was asked to end; set by the first request that was accepted.
    :param is_doomed: it ends as FAILED whatever its container does (terminated, timed out).
    """

    root_id: str
    spec: JobSpec
    sequence: int
    created_at: int
    status: JobStatus
    index: int | None = None
    parent: Job | None = None
    waits_for: tuple[Job, ...] = ()
    pipelined_on: tuple[Job, ...] = ()
    unmet: int = 0
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
        """The attempt that runs, or the last one that ran; the latter only once the job has ended."""
        if self.current is not None:
            return self.current
        if self.status.is_final and self.attempts:
            return self.attempts[-1]
        return None
