"""Links of a task to its job, job definition, job queue and log in the AWS console."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from airflow_batch_provider.batch.console import ConsoleReference


@runtime_checkable
class _Linked(Protocol):
    console_reference: ConsoleReference | None


class _ConsoleLink(BaseOperatorLink):
    """A link that is made from the operator's ``console_reference``."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Make the link; empty while what it points to is not known."""
        reference = operator.console_reference if isinstance(operator, _Linked) else None
        return self.url(reference) if reference else ""

    @abstractmethod
    def url(self, reference: ConsoleReference) -> str:
        """Make the address in the AWS console, or an empty text."""


class BatchJobLink(_ConsoleLink):
    """The job in the console of AWS Batch."""

    name = "Batch job"

    def url(self, reference: ConsoleReference) -> str:
        return reference.job_url


class BatchJobDefinitionLink(_ConsoleLink):
    """The job's definition in the console of AWS Batch."""

    name = "Batch job definition"

    def url(self, reference: ConsoleReference) -> str:
        return reference.job_definition_url


class BatchJobQueueLink(_ConsoleLink):
    """The job's queue in the console of AWS Batch."""

    name = "Batch job queue"

    def url(self, reference: ConsoleReference) -> str:
        return reference.job_queue_url


class BatchJobLogLink(_ConsoleLink):
    """The log of the job's last attempt in the console of CloudWatch."""

    name = "Batch job log"

    def url(self, reference: ConsoleReference) -> str:
        return reference.log_url


BATCH_LINKS: Final[tuple[Any, ...]] = (
    BatchJobLink(),
    BatchJobDefinitionLink(),
    BatchJobQueueLink(),
    BatchJobLogLink(),
)
