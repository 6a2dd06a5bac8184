"""Tracebacks in the log of Airflow's API server: those of killed clients are expected, others are not."""

import pytest

from tests.api_server_log import unexpected_tracebacks

LINE = "2026-11-29T07:34:12.883943Z [info] request finished\n"
CAUSES = (
    'Traceback (most recent call last):\n  File "{file}", line 143, in receive\nanyio.EndOfStream\n\n'
    "The above exception was the direct cause of the following exception:\n\n"
    "Traceback (most recent call last):\n"
)
DISCONNECTED = CAUSES + "RuntimeError: No response returned.\n"
OTHER = CAUSES + "KeyError: 'dag_id'\n"


@pytest.mark.parametrize(
    ("traceback", "is_expected"),
    [
        (DISCONNECTED.format(file="anyio/streams/memory.py"), True),
        (DISCONNECTED.format(file="airflow_batch_provider/plugin/followed.py"), False),
        (OTHER.format(file="anyio/streams/memory.py"), False),
    ],
)
@pytest.mark.parametrize("after", ["", LINE])
def test_only_tracebacks_of_disconnected_clients_are_expected(traceback, is_expected, after):
    found = unexpected_tracebacks(LINE + traceback + after)

    assert found == ([] if is_expected else [traceback])


def test_an_unexpected_traceback_after_an_expected_one_is_found():
    expected, other = (each.format(file="anyio/streams/memory.py") for each in (DISCONNECTED, OTHER))

    assert unexpected_tracebacks(expected + LINE + other) == [other]
