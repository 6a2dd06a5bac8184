"""Random requests from the service model: the server responds to all of them and stays consistent."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_batch_provider.local.api.operations import OPERATIONS
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.fuzz.account import create_resources, known_values
from tests.integration.fuzz.consistency import all_jobs, check_state
from tests.integration.fuzz.in_process import InProcessBatch
from tests.integration.fuzz.requests_from_model import requests_for
from tests.integration.wire import call

CASES = 8000
CASES_OVER_HTTP = 300
REFRESH_EVERY = 50
ACCEPTED_SHARE = 0.2
CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))
UNKNOWN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def batch() -> Iterator[InProcessBatch]:
    batch = InProcessBatch()
    yield batch
    batch.close()


class KnownJobs:
    """IDs of recently accepted jobs, for use in later requests."""

    def __init__(self) -> None:
        self._job_ids = [UNKNOWN]

    def pick(self, number: int) -> str:
        return self._job_ids[number % len(self._job_ids)]

    def note(self, batch: InProcessBatch) -> None:
        self._job_ids = [UNKNOWN, *(job.job_id for job in all_jobs(batch)[:30])]


def test_no_request_breaks_the_service(batch: InProcessBatch) -> None:
    known, numbers, accepted = KnownJobs(), count(1), []
    job_ids = st.integers(0, 30).map(known.pick)

    @settings(CALM, max_examples=CASES)
    @given(request_=requests_for(sorted(OPERATIONS), known_values(job_ids)))
    def answer(request_: tuple[str, Any]) -> None:
        operation, params = request_
        reply = batch.call(operation, params)
        assert reply.status in (200, 400, 404), (operation, params, reply)
        accepted.append(reply.status == 200)
        if next(numbers) % REFRESH_EVERY:
            return
        batch.pass_seconds(30)
        check_state(batch)
        create_resources(batch.call)
        known.note(batch)

    create_resources(batch.call)
    answer()
    batch.pass_seconds(10**6)
    check_state(batch)

    assert sum(accepted) > ACCEPTED_SHARE * len(accepted)


def test_no_request_breaks_the_server(script_server: LocalBatch) -> None:
    @settings(CALM, max_examples=CASES_OVER_HTTP)
    @given(request_=requests_for(sorted(OPERATIONS), known_values(st.just(UNKNOWN))))
    def answer(request_: tuple[str, Any]) -> None:
        operation, params = request_
        reply = call(script_server.url, operation, params)
        assert reply.status in (200, 400, 404), (operation, params, reply.body)

    create_resources(lambda operation, params: call(script_server.url, operation, params))
    answer()
