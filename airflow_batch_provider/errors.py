"""The provider's exceptions: one tree, in which each class knows whether a retry could help."""

from __future__ import annotations

from typing import ClassVar


class BatchProviderError(Exception):
    """Base of all errors that this provider raises on purpose."""

    retryable: ClassVar[bool] = True
    """Whether the same call could succeed later without anybody changing anything."""


class SpecError(BatchProviderError):
    """What the author wrote cannot be used; the message lists every finding."""

    retryable = False


class RequestError(BatchProviderError):
    """A rendered request cannot be sent; found before AWS is called."""

    retryable = False


class SubmissionRefusedError(BatchProviderError):
    """AWS Batch refused a SubmitJob (``ClientException``, HTTP 400 or 403)."""

    retryable = False


class SubmissionCancelledError(BatchProviderError):
    """The task that submits was killed; what it had submitted is terminated."""


class ThrottledError(BatchProviderError):
    """AWS Batch went on to answer 429 for as long as we were ready to ask."""


class TerminationError(BatchProviderError):
    """A job that should have been terminated was not, and may still run."""


class JobFailedError(BatchProviderError):
    """A job ended as FAILED; the message says which one, why, and what it printed last."""


class JobFailedForGoodError(JobFailedError):
    """A job failed in a way that no retry can help, or that its author has called final."""

    retryable = False


class WaitError(BatchProviderError):
    """Waiting for a job failed; the job itself may still run."""


class WaitAbandonedError(BatchProviderError):
    """A job has not ended in the time that it had; whoever waited terminates it."""


class JobBlockedError(WaitAbandonedError):
    """AWS Batch says that a job can never start as it stands (``MISCONFIGURATION:…``)."""

    retryable = False


class JobLostError(BatchProviderError):
    """DescribeJobs no longer knows a job id that somebody waits for."""


class JobNotPublishedError(BatchProviderError):
    """The submitting task has left no job id for a task that should adopt one."""

    retryable = False


class ResourceError(BatchProviderError):
    """A compute environment, job queue or job definition is not, and cannot be made, what the spec wants."""

    retryable = False


class ResourceWaitError(BatchProviderError):
    """A compute environment or job queue was not ready in time; it may still become so."""


class TemplateRenderingError(RequestError):
    """Templates of a spec need what there is not outside Airflow; the message lists all."""
