"""Translation of the provider's errors to Airflow's."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_batch_provider.errors import (
    JobFailedError,
    JobFailedPermanentlyError,
    RequestError,
    SubmissionRejectedError,
)
from airflow_batch_provider.hooks.translation import airflow_errors


def test_retryable_errors_let_airflow_retry():
    error = JobFailedError("job 'a' failed.")

    with pytest.raises(AirflowException, match=r"^job 'a' failed\.$") as raised, airflow_errors():
        raise error

    assert type(raised.value) is AirflowException
    assert raised.value.__suppress_context__


def test_permanent_errors_fail_the_task():
    with pytest.raises(AirflowFailException, match=r"^job 'a' failed\.$"), airflow_errors():
        raise JobFailedPermanentlyError("job 'a' failed.")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            RequestError("bad request."),
            "bad request. No retry: the same request would be invalid again",
        ),
        (SubmissionRejectedError("no", "it is forbidden"), "no. No retry: it is forbidden"),
    ],
)
def test_the_message_says_why_a_request_is_not_retried(error, text):
    with pytest.raises(AirflowFailException) as raised, airflow_errors():
        raise error

    assert str(raised.value) == text


def test_a_rejection_that_may_pass_lets_airflow_retry():
    with pytest.raises(AirflowException, match=r"^disabled$") as raised, airflow_errors():
        raise SubmissionRejectedError("disabled", "")

    assert type(raised.value) is AirflowException


def test_other_errors_pass_through():
    with pytest.raises(ValueError, match="mine"), airflow_errors():
        raise ValueError("mine")
