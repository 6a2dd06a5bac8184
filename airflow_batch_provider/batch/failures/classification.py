"""Why a job failed, told from what AWS says of it: a table of AWS's texts, each with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

ESSENTIAL_CONTAINER_EXITED: Final = "Essential container in task exited"
"""AWS's statusReason for every container that ended, well or not: it says nothing."""

DEPENDENCY_FAILED: Final = "Dependent Job failed"
"""AWS's statusReason for a job that never started because a job that it depends on failed."""

ARRAY_CHILD_FAILED: Final = "Array Child Job failed"
"""AWS's statusReason for an array job of which at least one child failed."""


class FailureClass(StrEnum):
    """What kind of failure it was."""

    SPOT = "SPOT"
    """The host was taken away or lost."""
    OOM = "OOM"
    """The container used more memory than it had."""
    TIMEOUT = "TIMEOUT"
    """The attempt took longer than the job's timeout."""
    IMAGE = "IMAGE"
    """The container's image could not be pulled."""
    MISCONFIGURATION = "MISCONFIGURATION"
    """What was asked for cannot run: the job, its definition or its queue has to be changed."""
    HOST = "HOST"
    """The host could not bring the container up or look after it."""
    DEPENDENCY = "DEPENDENCY"
    """It never started, since a job that it depends on failed."""
    TERMINATED = "TERMINATED"
    """Somebody, or a rule of its queue, asked for its end."""
    USER = "USER"
    """The program ended with an exit code of its own."""


class EndedJob(Protocol):
    """What a classification looks at; descriptions and summaries of jobs have it."""

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
    What is known about a kind of failure.

    :param retryable: whether the same job could succeed later without anybody changing anything.
    :param remedy: what to do; ``{key}`` stands for the job key, ``{definition}`` for the definition.
    """

    kind: FailureClass
    retryable: bool = True
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row of the table: it fits where the text begins so.

    :param status_reason: how the job's statusReason begins.
    :param container_reason: how the container's reason begins.
    :param containing: what must stand in the same text behind that.
    :param source: where AWS, or somebody who saw it, says so.
    """

    failure: Failure
    source: str
    status_reason: str | None = None
    container_reason: str | None = None
    containing: tuple[str, ...] = ()

    def fits(self, job: EndedJob) -> bool:
        return _fits(self.status_reason, job.status_reason, self.containing) and _fits(
            self.container_reason, job.container_reason, self.containing
        )


_USER_GUIDE: Final = "https://docs.aws.amazon.com/batch/latest/userguide/"
_STUCK: Final = f"{_USER_GUIDE}job_stuck_in_runnable_common_reasons.html"
_ECS_ERRORS: Final = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"
)
_DEPENDENCY = Failure(FailureClass.DEPENDENCY)
_TIMEOUT = Failure(FailureClass.TIMEOUT, remedy="Raise 'timeout' of job '{key}', or give it less to do.")
_SPOT = Failure(
    FailureClass.SPOT,
    remedy="Its host was taken away; with more 'attempts' AWS Batch starts job '{key}' on another by itself.",
)
_OOM = Failure(FailureClass.OOM, remedy="Raise 'memory' of job '{key}'.")
_NO_IMAGE = Failure(
    FailureClass.IMAGE,
    retryable=False,
    remedy="Check the image of job definition '{definition}', and that its execution role may pull it.",
)
_IMAGE_FOR_NOW = Failure(FailureClass.IMAGE, remedy="The registry did not answer as it should; try again.")
_QUEUE = Failure(
    FailureClass.MISCONFIGURATION,
    retryable=False,
    remedy="Change what job '{key}' asks for, or the compute environments of its queue.",
)
_OVERRIDES = Failure(
    FailureClass.MISCONFIGURATION,
    retryable=False,
    remedy="Shorten 'command' and 'environment' of job '{key}'.",
)
_NO_SUCH_PROGRAM = Failure(
    FailureClass.MISCONFIGURATION,
    retryable=False,
    remedy="Check 'command' of job '{key}': the image of job definition '{definition}' has no such program.",
)
_HOST = Failure(FailureClass.HOST)
_TERMINATED = Failure(FailureClass.TERMINATED)
_USER = Failure(FailureClass.USER)

_PULL: Final = (
    "CannotPull"  # CannotPullContainerError, CannotPullECRContainerError, CannotPullImageManifestError
)
_PASSING: Final = ("i/o timeout", "TLS handshake timeout", "deadline exceeded", "toomanyrequests", "503")

ROWS: Final = (
    Row(_DEPENDENCY, f"{_USER_GUIDE}job_dependencies.html", status_reason=DEPENDENCY_FAILED),
    Row(_TIMEOUT, f"{_USER_GUIDE}job_timeouts.html", status_reason="Job attempt duration exceeded timeout"),
    Row(_QUEUE, _STUCK, status_reason="MISCONFIGURATION:"),
    Row(_QUEUE, _STUCK, status_reason="ACTION_REQUIRED"),
    Row(
        _QUEUE,
        _STUCK,
        status_reason="Canceled by JobStateTimeLimit action due to reason: ",
        containing=("MISCONFIGURATION:",),
    ),
    Row(_TERMINATED, _STUCK, status_reason="Canceled by JobStateTimeLimit action due to reason: "),
    Row(
        _OVERRIDES,
        "https://github.com/Netflix/metaflow/issues/1482",
        status_reason="Container Overrides length must be at most",
    ),
    Row(
        _TERMINATED,
        "https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteJobQueue.html",
        status_reason="JobQueue deleted",
    ),
    Row(_SPOT, f"{_USER_GUIDE}bestpractice6.html", status_reason="Host EC2"),
    Row(
        _SPOT,
        "https://github.com/nextflow-io/nextflow/issues/5786",
        status_reason="Your Spot Task was interrupted",
    ),
    Row(_OOM, _ECS_ERRORS, container_reason="OutOfMemoryError"),
    *(
        Row(_IMAGE_FOR_NOW, _ECS_ERRORS, container_reason=_PULL, containing=(passing,))
        for passing in _PASSING
    ),
    Row(_NO_IMAGE, _ECS_ERRORS, container_reason=_PULL),
    Row(
        _NO_SUCH_PROGRAM,
        _ECS_ERRORS,
        container_reason="CannotStartContainerError",
        containing=("executable file not found",),
    ),
    Row(
        _NO_SUCH_PROGRAM,
        _ECS_ERRORS,
        container_reason="CannotStartContainerError",
        containing=("no such file or directory",),
    ),
    *(
        Row(_HOST, _ECS_ERRORS, container_reason=beginning)
        for beginning in (
            "CannotStartContainerError",
            "CannotCreateContainerError",
            "CannotInspectContainerError",
            "ContainerRuntime",
            "DockerTimeoutError",
            "ResourceInitializationError",
        )
    ),
    Row(_HOST, _ECS_ERRORS, status_reason="Task failed to start"),
)
"""From top to bottom; the first row that fits counts."""


def classify(job: EndedJob) -> Failure:
    """
    Tell what kind of failure a failed job's was.

    A job whose end somebody asked for is TERMINATED, whatever its container then said.
    """
    if job.is_ending:
        return _TERMINATED
    by_table = next((row.failure for row in ROWS if row.fits(job)), None)
    if by_table is not None:
        return by_table
    has_own_reason = job.status_reason not in (None, ESSENTIAL_CONTAINER_EXITED, ARRAY_CHILD_FAILED)
    # Who terminates or cancels a job gives its statusReason; there is no other source of unknown texts
    # for a job that never ran.
    return _TERMINATED if has_own_reason and job.exit_code is None else _USER


def was_held_back(children: Sequence[EndedJob]) -> bool:
    """Whether the failed children of an array job failed only because of jobs that they depend on."""
    return bool(children) and all(child.status_reason == DEPENDENCY_FAILED for child in children)


def _fits(beginning: str | None, text: str | None, containing: tuple[str, ...]) -> bool:
    if beginning is None:
        return True
    if text is None or not text.startswith(beginning):
        return False
    return all(part in text[len(beginning) :] for part in containing)
