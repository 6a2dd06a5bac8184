"""Translation of the provider's errors to Airflow's."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_batch_provider.errors import JobFailedError, RequestError
from airflow_batch_provider.hooks.translation import airflow_errors


def test_retryable_errors_let_airflow_retry():
    error = JobFailedError("job 'a' failed.")

    with pytest.raises(AirflowException, match=r"^job 'a' failed\.$") as raised, airflow_errors():
        raise error

    assert type(raised.value) is AirflowException
    assert raised.value.__suppress_context__


def test_permanent_errors_fail_the_task():
    with pytest.raises(AirflowFailException, match=r"^bad request$"), airflow_errors():
        raise RequestError("bad request")


def test_other_errors_pass_through():
    with pytest.raises(ValueError, match="mine"), airflow_errors():
        raise ValueError("mine")
