"""Operator links to the job, job definition, job queue and log in the AWS console."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from airflow_batch_provider.batch.console import ConsoleReference


@runtime_checkable
class _HasConsoleReference(Protocol):
    console_reference: ConsoleReference | None


class _ConsoleLink(BaseOperatorLink):
    """A link built from the operator's ``console_reference``."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the URL, or an empty string while its target is unknown."""
        reference = operator.console_reference if isinstance(operator, _HasConsoleReference) else None
        return self.url(reference) if reference else ""

    @abstractmethod
    def url(self, reference: ConsoleReference) -> str:
        """Return the URL in the AWS console, or an empty string."""


class BatchJobLink(_ConsoleLink):
    """The job in the AWS Batch console."""

    name = "Batch job"

    def url(self, reference: ConsoleReference) -> str:
        return reference.job_url


class BatchJobDefinitionLink(_ConsoleLink):
    """The job definition in the AWS Batch console."""

    name = "Batch job definition"

    def url(self, reference: ConsoleReference) -> str:
        return reference.job_definition_url


class BatchJobQueueLink(_ConsoleLink):
    """The job queue in the AWS Batch console."""

    name = "Batch job queue"

    def url(self, reference: ConsoleReference) -> str:
        return reference.job_queue_url


class BatchJobLogLink(_ConsoleLink):
    """The log of the job's last attempt in the CloudWatch console."""

    name = "Batch job log"

    def url(self, reference: ConsoleReference) -> str:
        return reference.log_url


BATCH_LINKS: Final[tuple[Any, ...]] = (
    BatchJobLink(),
    BatchJobDefinitionLink(),
    BatchJobQueueLink(),
    BatchJobLogLink(),
)
