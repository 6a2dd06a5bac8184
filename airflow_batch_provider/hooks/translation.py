"""From the provider's errors to Airflow's, once, at the edge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_batch_provider.errors import BatchProviderError


@contextmanager
def airflow_errors() -> Iterator[None]:
    """
    Raise the provider's errors as Airflow's: retryable or not, as each error specifies.

    The errors of boto3 cost a retry: at this point no kind of them is known to be final. The message is
    self-explanatory; a chain of tracebacks would only bury it in the task's log.
    """
    try:
        yield
    except BatchProviderError as error:
        if error.retryable:
            raise AirflowException(str(error)) from None
        raise AirflowFailException(_final_text(error)) from None
    except Exception as error:
        # At run time only: parsing a DAG file must not import boto3.
        from airflow_batch_provider.batch.api_errors import describe, is_aws_error

        if not is_aws_error(error):
            raise
        raise AirflowException(describe(error)) from None


def _final_text(error: BatchProviderError) -> str:
    """Return the message, with the reason why Airflow does not retry the task."""
    text = str(error)
    return f"{text.rstrip('.')}. No retry: {error.why_final}" if error.why_final else text
