"""Jobs as AWS Batch returns them. Only this module reads AWS's dictionaries of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AliasChoices, Field, TypeAdapter

from airflow_batch_provider.batch.array_subset import ArraySubset
from airflow_batch_provider.batch.log_streams import LogStream, parse_log_streams

IDENTITY_TAG: Final = "airflow_job"
"""The tag that holds the job name made from a job's identity, even if the author sets another name."""


class JobStatus(StrEnum):
    """The status of a job, https://docs.aws.amazon.com/batch/latest/userguide/job_states.html."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED)


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """The response of SubmitJob."""

    job_id: str
    job_name: str
    job_arn: str | None = None


@dataclass(frozen=True, slots=True)
class JobSummary:
    """
    One job as ListJobs lists it.

    :param created_at: milliseconds since the epoch.
    :param is_ending: whether TerminateJob or CancelJob was called for it.
    :param array_size: the size of an array job; AWS may leave it out.
    """

    job_id: str
    job_name: str
    status: JobStatus
    created_at: int = 0
    is_ending: bool = False
    job_arn: str | None = None
    status_reason: str | None = None
    exit_code: int | None = None
    container_reason: str | None = None
    array_size: int | None = None

    @classmethod
    def from_aws(cls, summary: Mapping[str, Any]) -> JobSummary:
        """Read a ``JobSummary``; AWS guarantees only the ID and the name."""
        container = summary.get("container", {})
        return cls(
            job_id=summary["jobId"],
            job_name=summary["jobName"],
            status=JobStatus(summary.get("status", JobStatus.SUBMITTED)),
            created_at=summary.get("createdAt", 0),
            # A job can keep its status for long after TerminateJob: a PENDING job ends only after its
            # dependencies, https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJob.html
            is_ending=_is_ending(summary),
            job_arn=summary.get("jobArn"),
            status_reason=summary.get("statusReason"),
            exit_code=container.get("exitCode"),
            container_reason=container.get("reason"),
            array_size=summary.get("arrayProperties", {}).get("size"),
        )

    @property
    def index(self) -> int:
        """The index of this child in its array job."""
        return int(self.job_id.rpartition(":")[2])

    @property
    def is_live(self) -> bool:
        """Whether the job runs or will run, and was neither terminated nor cancelled."""
        return not self.status.is_final and not self.is_ending

    @property
    def has_succeeded(self) -> bool:
        return self.status is JobStatus.SUCCEEDED


@dataclass(frozen=True, slots=True)
class ArrayProgress:
    """The number of children of an array job in each status; it can lag behind the children's own status."""

    size: int
    by_status: Mapping[JobStatus, int]

    def __str__(self) -> str:
        parts = [f"{self.count(JobStatus.SUCCEEDED):,} of {self.size:,} succeeded"]
        for status in (JobStatus.FAILED, JobStatus.RUNNING):
            if count := self.count(status):
                parts.append(f"{count:,} {status.lower()}")
        return f"array: {', '.join(parts)}"

    def count(self, status: JobStatus) -> int:
        return self.by_status.get(status, 0)


@dataclass(frozen=True, slots=True)
class JobDescription:
    """
    One job as DescribeJobs describes it.

    Times are in milliseconds since the epoch. ``exit_code``, ``container_reason`` and
    ``log_stream`` belong to the last attempt; an array job has none of its own.

    :param log_streams: the log streams of all attempts.
    :param memory_mib: the memory limit of the container.
    :param is_ending: whether TerminateJob or CancelJob was called for it.
    :param identity: the job name in its tag ``airflow_job``.
    :param subset: the children of an earlier array job that this job runs again, or None.
    """

    job_id: str
    job_name: str
    job_queue: str
    job_definition: str
    status: JobStatus
    job_arn: str | None = None
    status_reason: str | None = None
    created_at: int | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    exit_code: int | None = None
    container_reason: str | None = None
    log_group: str | None = None
    log_stream: str | None = None
    log_streams: tuple[LogStream, ...] = ()
    memory_mib: int | None = None
    last_attempt_stopped_at: int | None = None
    attempts_made: int = 0
    attempts_allowed: int = 1
    array: ArrayProgress | None = None
    depends_on: tuple[str, ...] = ()
    is_ending: bool = False
    identity: str | None = None
    # JSON that an older version wrote has the key "part".
    subset: Annotated[ArraySubset | None, Field(validation_alias=AliasChoices("subset", "part"))] = None
    command: tuple[str, ...] = field(default=(), compare=False, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_aws(cls, detail: Mapping[str, Any]) -> JobDescription:
        """Read a ``JobDetail``."""
        container = detail.get("container", {})
        attempts = detail.get("attempts", ())
        return cls(
            job_id=detail["jobId"],
            job_name=detail["jobName"],
            job_queue=detail["jobQueue"],
            job_definition=detail["jobDefinition"],
            status=JobStatus(detail["status"]),
            job_arn=detail.get("jobArn"),
            status_reason=detail.get("statusReason"),
            created_at=detail.get("createdAt"),
            started_at=detail.get("startedAt"),
            stopped_at=detail.get("stoppedAt"),
            exit_code=container.get("exitCode"),
            container_reason=container.get("reason"),
            log_group=container.get("logConfiguration", {}).get("options", {}).get("awslogs-group"),
            log_stream=container.get("logStreamName"),
            log_streams=parse_log_streams(detail),
            memory_mib=_memory_mib(container),
            last_attempt_stopped_at=attempts[-1].get("stoppedAt") if attempts else None,
            attempts_made=len(attempts),
            attempts_allowed=detail.get("retryStrategy", {}).get("attempts", 1),
            array=_array_progress(detail.get("arrayProperties", {})),
            depends_on=tuple(entry["jobId"] for entry in detail.get("dependsOn", ()) if "jobId" in entry),
            is_ending=_is_ending(detail),
            identity=detail.get("tags", {}).get(IDENTITY_TAG),
            subset=ArraySubset.of_container(container),
            command=tuple(container.get("command", ())),
            tags=dict(detail.get("tags", {})),
        )

    def __str__(self) -> str:
        subset, array = self.subset, self.array
        retried = f", retry of {len(subset.indices):,} of {subset.size:,} children" if subset else ""
        progress = f", {array}" if array else ""
        reason = f" ({self.status_reason})" if self.status_reason else ""
        return f"Job {self.job_id} '{self.job_name}' is {self.status}{retried}{progress}{reason}"

    @property
    def is_live(self) -> bool:
        """Whether the job runs or will run, and was neither terminated nor cancelled."""
        return not self.status.is_final and not self.is_ending

    @property
    def has_succeeded(self) -> bool:
        return self.status is JobStatus.SUCCEEDED

    @property
    def is_array(self) -> bool:
        """Whether it is an array job, or a single child that runs again as a plain job."""
        return self.array is not None or self.subset is not None

    @property
    def children(self) -> ArraySubset:
        """The children of an array job, by their indices in the array that the author defined."""
        if self.subset is not None:
            return self.subset
        size = self.array.size if self.array is not None else 0
        return ArraySubset(size, tuple(range(size)))

    @property
    def queue_seconds(self) -> float | None:
        """Seconds from the submission to the start of the last attempt; None until it starts."""
        return _seconds_between(self.created_at, self.started_at)

    @property
    def run_seconds(self) -> float | None:
        """Seconds that the last attempt ran; None while it runs, or if it never ran."""
        return _seconds_between(self.started_at, self.stopped_at)

    @classmethod
    def from_json(cls, value: Any) -> JobDescription:
        """Read what ``to_json`` wrote."""
        return _DESCRIPTION.validate_python(value)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values for a trigger's event: without the command and the tags, which can be long."""
        written: dict[str, Any] = _DESCRIPTION.dump_python(
            self, mode="json", exclude_none=True, exclude={"command", "tags"}
        )
        return written


_DESCRIPTION = TypeAdapter(JobDescription)


def _seconds_between(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else (end - start) / 1000


def _is_ending(job: Mapping[str, Any]) -> bool:
    return bool(job.get("isTerminated") or job.get("isCancelled"))


def _memory_mib(container: Mapping[str, Any]) -> int | None:
    # `memory` is the deprecated form. Both are absent for jobs with several containers.
    requirements = {
        entry.get("type"): entry.get("value") for entry in container.get("resourceRequirements", ())
    }
    amount = str(requirements.get("MEMORY", container.get("memory")))
    return int(amount) if amount.isdecimal() else None


def _array_progress(properties: Mapping[str, Any]) -> ArrayProgress | None:
    if "size" not in properties:  # a child has an index but no size
        return None
    summary = properties.get("statusSummary", {})
    return ArrayProgress(properties["size"], {JobStatus(status): count for status, count in summary.items()})
