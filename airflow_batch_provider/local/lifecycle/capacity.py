"""Compute environments and job queues."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy


class ResourceStatus(StrEnum):
    """``status`` of a queue or compute environment."""

    CREATING = "CREATING"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    VALID = "VALID"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class HostSize:
    """The size of an instance type. A job gets less than its memory, because the host needs some."""

    millicpus: int
    memory_mib: int
    gpus: int


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """
    An entry of ``jobStateTimeLimitActions``: cancel a job that blocks the head of its queue for too long.

    :param reason: the prefix of the job's ``statusReason``.
    """

    reason: str
    seconds: int


@dataclass(slots=True, eq=False)
class ComputeEnvironment:
    """
    A pool of vCPUs.

    :param capacity: thousandths of a vCPU; ``None`` for no limit.
    :param in_use: thousandths of a vCPU held by STARTING and RUNNING jobs.
    :param host_sizes: the sizes of the instances that it may launch; ``None`` if every job fits.
    :param shortage: the ``statusReason`` of jobs while it cannot launch instances, otherwise ``None``.
    :param defect: its ``statusReason`` while it is INVALID, otherwise ``None``.
    :param cluster: the name of its ECS cluster, part of task ARNs.
    :param echoed: request members that are described unchanged.
    """

    name: str
    arn: str
    cluster: str
    capacity: int | None
    is_enabled: bool = True
    status: ResourceStatus = ResourceStatus.CREATING
    in_use: int = 0
    host_sizes: tuple[HostSize, ...] | None = None
    shortage: str | None = None
    defect: str | None = None
    echoed: dict[str, Any] = field(default_factory=dict)

    @property
    def accepts_jobs(self) -> bool:
        """Return whether new jobs can be placed here."""
        return self.is_enabled and self.is_valid

    @property
    def is_valid(self) -> bool:
        return self.defect is None and self.status in (ResourceStatus.VALID, ResourceStatus.UPDATING)

    def could_ever_hold(self, millicpus: int) -> bool:
        """Return whether a job of this size would fit if nothing else ran."""
        return self.capacity is None or millicpus <= self.capacity

    def has_host_for(self, millicpus: int, memory_mib: int, gpus: int) -> bool:
        """Return whether one of its instance types is large enough."""
        return self.host_sizes is None or any(
            millicpus <= size.millicpus and memory_mib < size.memory_mib and gpus <= size.gpus
            for size in self.host_sizes
        )

    def has_room_for(self, millicpus: int) -> bool:
        return self.capacity is None or self.in_use + millicpus <= self.capacity


@dataclass(slots=True, eq=False)
class JobQueue:
    """
    A job queue.

    :param environments: compute environments in ``computeEnvironmentOrder``.
    :param policy: the scheduling policy; without one, the queue is first in, first out.
    :param in_use: thousandths of a vCPU held by its jobs.
    :param echoed: request members that are described unchanged.
    """

    name: str
    arn: str
    priority: int
    environments: tuple[ComputeEnvironment, ...]
    is_enabled: bool = True
    status: ResourceStatus = ResourceStatus.CREATING
    policy: SchedulingPolicy | None = None
    time_limits: tuple[TimeLimit, ...] = ()
    in_use: int = 0
    echoed: dict[str, Any] = field(default_factory=dict)
