"""The provider's exceptions: one tree, in which each class knows whether a retry could succeed."""

from __future__ import annotations


class BatchProviderError(Exception):
    """Base class of all errors that this provider raises deliberately."""

    retryable: bool = True
    """Whether the same call could succeed later without a change by a user."""

    why_final: str = ""
    """Why Airflow does not retry the task, where the message does not say it."""


class SpecError(BatchProviderError):
    """A spec is invalid; the message lists every finding."""

    retryable = False


class RequestError(BatchProviderError):
    """A rendered request is invalid. It is checked before AWS is called."""

    retryable = False
    why_final = "the same request would be invalid again"


class SubmissionRejectedError(BatchProviderError):
    """
    AWS Batch rejected a SubmitJob or RegisterJobDefinition request; other jobs may be accepted.

    :param why_final: why a retry cannot succeed; empty if it may, see ``batch.api_errors.HANDLING``.
    """

    retryable = False
    why_final = "the same request would be rejected again; change it, then clear the task"

    def __init__(self, message: str, why_final: str | None = None) -> None:
        super().__init__(message)
        if why_final is not None:
            self.retryable, self.why_final = not why_final, why_final


class SubmissionCancelledError(BatchProviderError):
    """The submitting task was killed; the jobs that it had submitted are terminated."""


class AwsCallError(BatchProviderError):
    """AWS refused the credentials, could not be reached, or had an error: no other job would be accepted."""


class ThrottledError(AwsCallError):
    """SubmitJob was throttled (HTTP 429), or failed with transient errors, until the retries ran out."""


class TerminationError(BatchProviderError):
    """AWS Batch did not terminate a job that should end; the job may still run."""


class JobFailedError(BatchProviderError):
    """A job ended as FAILED. The message names the job, the reason and its last log lines."""


class JobFailedPermanentlyError(JobFailedError):
    """A job failed in a way that no retry can fix, or the author's exit code rules make the failure final."""

    retryable = False


class WaitError(BatchProviderError):
    """Waiting for a job failed; the job itself may still run."""


class AccessRefusedError(WaitError):
    """AWS refused the connection's credentials for too long; the job may still run."""


class ConnectionSettingsError(BatchProviderError):
    """No client can be made from the settings of a connection; the message names the setting."""


class WaitAbandonedError(BatchProviderError):
    """A job did not end within its time limit; the task that waited for it terminates it."""


class JobBlockedError(WaitAbandonedError):
    """AWS Batch reports that a job can never start unless it is changed (``MISCONFIGURATION:…``)."""

    retryable = False


class JobNotFoundError(BatchProviderError):
    """DescribeJobs no longer returns a job that a task waits for."""


class StoredRowError(BatchProviderError):
    """A trigger's row in Airflow's database has a format that this version of the package cannot read."""


class JobNotPublishedError(BatchProviderError):
    """The submitting task published no job ID for a task that should follow its job."""

    retryable = False


class ResourceError(BatchProviderError):
    """A compute environment, job queue or job definition cannot be changed to match the spec."""

    retryable = False


class ResourceWaitError(BatchProviderError):
    """A compute environment or job queue was not ready in time; it may still become ready."""


class TemplateRenderingError(RequestError):
    """Templates of a spec need values that exist only inside Airflow; the message lists all of them."""


class AirflowApiError(BatchProviderError):
    """Airflow's REST API could not be reached, or did not answer what a command needs to know."""
