"""Where jobs run: compute environments and the job queues in front of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy


class ResourceStatus(StrEnum):
    """How far AWS is with the last change to a queue or compute environment."""

    CREATING = "CREATING"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    VALID = "VALID"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class HostSize:
    """What a kind of instance offers to one job; part of the memory is the host's own."""

    millicpus: int
    memory_mib: int
    gpus: int


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """
    An entry of ``jobStateTimeLimitActions``: cancel the head that is blocked for too long.

    :param reason: what its ``statusReason`` begins with.
    """

    reason: str
    seconds: int


@dataclass(slots=True, eq=False)
class ComputeEnvironment:
    """
    A pool of vCPUs.

    :param capacity: thousandths of a vCPU; ``None`` is without limit.
    :param in_use: thousandths of a vCPU held by STARTING and RUNNING jobs.
    :param host_sizes: the kinds of instances that it may launch; ``None`` if any job finds its host.
    :param shortage: why it launches no instance for now, as ``statusReason`` has it; none if it does.
    :param defect: what makes it INVALID, as its ``statusReason`` has it; none if it is healthy.
    :param cluster: name of the ECS cluster behind it, as it shows in task ARNs.
    :param echoed: members that are described as they were sent.
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
    def takes_jobs(self) -> bool:
        return self.is_enabled and self.is_sound

    @property
    def is_sound(self) -> bool:
        return self.defect is None and self.status in (ResourceStatus.VALID, ResourceStatus.UPDATING)

    def could_ever_hold(self, millicpus: int) -> bool:
        return self.capacity is None or millicpus <= self.capacity

    def has_host_for(self, millicpus: int, memory_mib: int, gpus: int) -> bool:
        """Tell whether some kind of instance is large enough."""
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

    :param environments: compute environments in the order in which they are tried.
    :param policy: the fair share policy; without one, the queue is first in, first out.
    :param in_use: thousandths of a vCPU held by its jobs.
    :param echoed: members that are described as they were sent.
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
