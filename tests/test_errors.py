"""The exception tree."""

import pytest

from airflow_batch_provider import errors
from airflow_batch_provider.errors import BatchProviderError

CLASSES = [value for value in vars(errors).values() if isinstance(value, type)]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_derives_from_the_base_class(error):
    assert issubclass(error, BatchProviderError)


def test_errors_that_need_a_change_are_not_retryable():
    assert {error.__name__ for error in CLASSES if not error.retryable} == {
        "SpecError",
        "RequestError",
        "SubmissionRejectedError",
        "JobNotPublishedError",
        "JobFailedPermanentlyError",
        "JobBlockedError",
        "ResourceError",
        "TemplateRenderingError",
    }
