"""Classify failed jobs by AWS's reason texts: a table of rules, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

ESSENTIAL_CONTAINER_EXITED: Final = "Essential container in task exited"
"""AWS's statusReason for every container that exited, whatever its exit code: it carries no information."""

DEPENDENCY_FAILED: Final = "Dependent Job failed"
"""AWS's statusReason for a job that never started because one of its dependencies failed."""

ARRAY_CHILD_FAILED: Final = "Array Child Job failed"
"""AWS's statusReason for an array job with at least one failed child."""


class FailureClass(StrEnum):
    """The kind of a failure."""

    SPOT = "SPOT"
    """The host was reclaimed or lost."""
    OOM = "OOM"
    """The container exceeded its memory limit."""
    TIMEOUT = "TIMEOUT"
    """The attempt exceeded the job's timeout."""
    IMAGE = "IMAGE"
    """The container image could not be pulled."""
    MISCONFIGURATION = "MISCONFIGURATION"
    """The job can never run until the job, its job definition or its job queue is changed."""
    HOST = "HOST"
    """The host could not start or monitor the container."""
    DEPENDENCY = "DEPENDENCY"
    """The job never started because one of its dependencies failed."""
    TERMINATED = "TERMINATED"
    """A user, a task or a rule of the job queue terminated or cancelled the job."""
    USER = "USER"
    """The program exited with an error."""


class EndedJob(Protocol):
    """The fields that classification reads; job descriptions and job summaries have them."""

    @property
    def status_reason(self) -> str | None: ...

    @property
    def container_reason(self) -> str | None: ...

    @property
    def exit_code(self) -> int | None: ...

    @property
    def is_ending(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """
    A kind of failure, and what to do about it.

    :param retryable: whether the same job could succeed later without a change by a user.
    :param remedy: what to do. ``{key}`` is replaced by the job key, ``{definition}`` by the job
        definition's name and revision.
    """

    kind: FailureClass
    retryable: bool = True
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class FailureRule:
    """
    One row of the table; it matches a job whose reasons have these prefixes.

    :param source: the page of AWS, or a bug report, that documents the text.
    :param status_reason: the prefix of the job's statusReason.
    :param container_reason: the prefix of the container's reason.
    :param containing: texts that must follow the prefix, in any order.
    """

    failure: Failure
    source: str
    status_reason: str | None = None
    container_reason: str | None = None
    containing: tuple[str, ...] = ()

    def matches(self, job: EndedJob) -> bool:
        return _matches(self.status_reason, job.status_reason, self.containing) and _matches(
            self.container_reason, job.container_reason, self.containing
        )


_USER_GUIDE: Final = "https://docs.aws.amazon.com/batch/latest/userguide/"
_STUCK_JOBS: Final = f"{_USER_GUIDE}job_stuck_in_runnable_common_reasons.html"
_ECS_ERRORS: Final = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"
)
_DEPENDENCY = Failure(FailureClass.DEPENDENCY)
_TIMEOUT = Failure(
    FailureClass.TIMEOUT, remedy="Raise 'timeout' of job '{key}', or split its work into several jobs."
)
_SPOT = Failure(
    FailureClass.SPOT,
    remedy="Its host was reclaimed or lost. Raise 'attempts' of job '{key}' to let AWS Batch retry it.",
)
_OOM = Failure(FailureClass.OOM, remedy="Raise 'memory' of job '{key}'.")
_IMAGE = Failure(
    FailureClass.IMAGE,
    retryable=False,
    remedy="Check that the image of job definition '{definition}' exists, and that the execution role "
    "(on EC2, the instance role) can pull it.",
)
_IMAGE_TRANSIENT = Failure(
    FailureClass.IMAGE, remedy="The image registry was unavailable or throttled the pull; try again."
)
_QUEUE = Failure(
    FailureClass.MISCONFIGURATION,
    retryable=False,
    remedy="Change the resources that job '{key}' requests, or the compute environments of its job queue.",
)
_OVERRIDES = Failure(
    FailureClass.MISCONFIGURATION,
    retryable=False,
    remedy="Shorten 'command' and 'environment' of job '{key}', or pass large values through S3.",
)
_NO_SUCH_PROGRAM = Failure(
    FailureClass.MISCONFIGURATION,
    retryable=False,
    remedy="Check 'command' of job '{key}': the image of job definition '{definition}' lacks that program.",
)
_HOST = Failure(FailureClass.HOST)
_TERMINATED = Failure(FailureClass.TERMINATED)
_USER = Failure(FailureClass.USER)

_PULL: Final = (
    "CannotPull"  # CannotPullContainerError, CannotPullECRContainerError, CannotPullImageManifestError
)
_TRANSIENT_PULL_ERRORS: Final = (
    "i/o timeout",
    "TLS handshake timeout",
    "deadline exceeded",
    "toomanyrequests",
    "503",
)

FAILURE_RULES: Final = (
    FailureRule(_DEPENDENCY, f"{_USER_GUIDE}job_dependencies.html", status_reason=DEPENDENCY_FAILED),
    FailureRule(
        _TIMEOUT, f"{_USER_GUIDE}job_timeouts.html", status_reason="Job attempt duration exceeded timeout"
    ),
    FailureRule(_QUEUE, _STUCK_JOBS, status_reason="MISCONFIGURATION:"),
    FailureRule(_QUEUE, _STUCK_JOBS, status_reason="ACTION_REQUIRED"),
    FailureRule(
        _QUEUE,
        _STUCK_JOBS,
        status_reason="Canceled by JobStateTimeLimit action due to reason: ",
        containing=("MISCONFIGURATION:",),
    ),
    FailureRule(
        _TERMINATED, _STUCK_JOBS, status_reason="Canceled by JobStateTimeLimit action due to reason: "
    ),
    FailureRule(
        _OVERRIDES,
        "https://github.com/Netflix/metaflow/issues/1482",
        status_reason="Container Overrides length must be at most",
    ),
    FailureRule(
        _TERMINATED,
        "https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteJobQueue.html",
        status_reason="JobQueue deleted",
    ),
    FailureRule(_SPOT, f"{_USER_GUIDE}bestpractice6.html", status_reason="Host EC2"),
    FailureRule(
        _SPOT,
        "https://github.com/nextflow-io/nextflow/issues/5786",
        status_reason="Your Spot Task was interrupted",
    ),
    FailureRule(_OOM, _ECS_ERRORS, container_reason="OutOfMemoryError"),
    *(
        FailureRule(_IMAGE_TRANSIENT, _ECS_ERRORS, container_reason=_PULL, containing=(text,))
        for text in _TRANSIENT_PULL_ERRORS
    ),
    FailureRule(_IMAGE, _ECS_ERRORS, container_reason=_PULL),
    FailureRule(
        _NO_SUCH_PROGRAM,
        _ECS_ERRORS,
        container_reason="CannotStartContainerError",
        containing=("executable file not found",),
    ),
    FailureRule(
        _NO_SUCH_PROGRAM,
        _ECS_ERRORS,
        container_reason="CannotStartContainerError",
        containing=("no such file or directory",),
    ),
    *(
        FailureRule(_HOST, _ECS_ERRORS, container_reason=prefix)
        for prefix in (
            "CannotStartContainerError",
            "CannotCreateContainerError",
            "CannotInspectContainerError",
            "ContainerRuntime",
            "DockerTimeoutError",
            "ResourceInitializationError",
        )
    ),
    FailureRule(_HOST, _ECS_ERRORS, status_reason="Task failed to start"),
)
"""Checked from top to bottom; the first match counts."""


def classify(job: EndedJob) -> Failure:
    """
    Return the kind of failure of a failed job.

    A job that was terminated or cancelled is TERMINATED, whatever reason its container reports.
    """
    # First: the container of a terminated job has an exit code and a reason like that of a failed one.
    if job.is_ending:
        return _TERMINATED
    known = next((rule.failure for rule in FAILURE_RULES if rule.matches(job)), None)
    if known is not None:
        return known
    has_own_reason = job.status_reason not in (None, ESSENTIAL_CONTAINER_EXITED, ARRAY_CHILD_FAILED)
    # TerminateJob and CancelJob set a statusReason that the caller chooses. A job that never ran gets an
    # unknown text from nowhere else.
    return _TERMINATED if has_own_reason and job.exit_code is None else _USER


def _matches(prefix: str | None, text: str | None, containing: tuple[str, ...]) -> bool:
    if prefix is None:
        return True
    # By prefix: AWS appends instance IDs, image names and messages of the container runtime.
    if text is None or not text.startswith(prefix):
        return False
    return all(part in text[len(prefix) :] for part in containing)
