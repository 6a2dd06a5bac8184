"""The texts of ``statusReason`` and ``container.reason``, exactly as AWS Batch writes them."""

from typing import Final

CONTAINER_EXITED: Final = "Essential container in task exited"
FAILED_TO_START: Final = "Task failed to start"
TIMED_OUT: Final = "Job attempt duration exceeded timeout"
OUT_OF_MEMORY: Final = "OutOfMemoryError: Container killed due to memory usage"
DEPENDENT_JOB_FAILED: Final = "Dependent Job failed"
ARRAY_CHILD_FAILED: Final = "Array Child Job failed"
QUEUE_DELETED: Final = "JobQueue deleted"
TOO_LARGE_FOR_ENVIRONMENTS: Final = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
    " cannot meet the CPU requirement of the job."
)
NO_HOST_LARGE_ENOUGH: Final = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher"
    " than that can be met by the CE(s) attached to the job queue."
)
ENVIRONMENTS_INVALID: Final = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
NO_CAPACITY: Final = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance"
    " type [instanceTypeName]"
)
ROLE_NOT_ASSUMED: Final = "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
OVERRIDES_TOO_LONG: Final = "Container Overrides length must be at most 8192"
LOST_INSTANCE: Final = "i-0123456789abcdef0"
"""The id of a lost instance if no other id is given."""


def host_terminated(instance_id: str) -> str:
    return f"Host EC2 (instance {instance_id}) terminated."


def canceled_by_time_limit(reason: str) -> str:
    return f"Canceled by JobStateTimeLimit action due to reason: {reason}"
