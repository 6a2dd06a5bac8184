"""The provider's errors as Airflow's."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_batch_provider.errors import JobFailedError, RequestError
from airflow_batch_provider.hooks.translation import airflow_errors


def test_where_a_retry_could_help_airflow_may_retry():
    error = JobFailedError("job 'a' failed.")

    with pytest.raises(AirflowException, match=r"^job 'a' failed\.$") as raised, airflow_errors():
        raise error

    assert type(raised.value) is AirflowException
    assert raised.value.__suppress_context__


def test_where_no_retry_can_help_airflow_must_not():
    with pytest.raises(AirflowFailException, match=r"^bad request$"), airflow_errors():
        raise RequestError("bad request")


def test_errors_of_others_pass():
    with pytest.raises(ValueError, match="mine"), airflow_errors():
        raise ValueError("mine")
