"""Triggers whose credentials AWS refuses."""

import asyncio

import pytest

from airflow_batch_provider.errors import TerminationError
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.triggers.renewing_hook import RenewingHook
from airflow_batch_provider.triggers.resources import BatchResourceTrigger
from airflow_batch_provider.triggers.shared import despite_refusals
from tests.fakes import aws_error, server_error

EXPIRED = aws_error("TerminateJobs", 403, "ExpiredTokenException", "The security token has expired")


class Terminating:
    """TerminateJobs calls that fail with these errors, in this order, and then succeed."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.paused: list[float] = []

    async def terminate(self):
        if self.errors:
            raise self.errors.pop(0)

    async def pause(self, seconds):
        self.paused.append(seconds)

    def run(self) -> None:
        asyncio.run(despite_refusals(self.terminate, ["a", "b"], self.pause))


def test_a_refused_termination_is_repeated_with_growing_pauses():
    terminating = Terminating(EXPIRED, EXPIRED)

    terminating.run()

    assert terminating.paused == [1, 2]


def test_jobs_that_could_not_be_terminated_are_named_with_the_remedy():
    terminating = Terminating(*[EXPIRED] * 9)

    with pytest.raises(TerminationError) as raised:
        terminating.run()

    assert terminating.paused == [1, 2, 4]
    assert str(raised.value) == (
        "these jobs were not terminated and may still run: a, b. AWS rejected TerminateJobs: The security "
        "token has expired (ExpiredTokenException); renew the credentials of the connection. Then terminate "
        "them in the AWS Batch console"
    )


def test_other_errors_of_a_termination_are_raised_at_once():
    terminating = Terminating(server_error("TerminateJobs"))

    with pytest.raises(type(EXPIRED)):
        terminating.run()

    assert terminating.paused == []


def test_the_hook_is_created_once_and_renewed_before_each_use(monkeypatch):
    from airflow_batch_provider.hooks import batch

    created = []

    class Hook:
        renewals = 0

        @classmethod
        def of(cls, connection, metrics):
            created.append(connection)
            return cls()

        def renew(self):
            self.renewals += 1
            return self

    monkeypatch.setattr(batch, "BatchHook", Hook)
    hook = RenewingHook(AwsConnection())

    first, second = hook(), hook()

    assert first is second
    assert first.renewals == 2
    assert len(created) == 1


class Resources:
    """A resource trigger whose polls fail with these errors, in this order, and then find it settled."""

    def __init__(self, monkeypatch, *errors: Exception) -> None:
        self.errors = list(errors)
        self.slept: list[float] = []
        monkeypatch.setattr(BatchResourceTrigger, "_find_unsettled", lambda _: self.find())
        self.trigger = BatchResourceTrigger(
            resources=[["job queue", "etl"]], connection={}, poll_interval_seconds=10, sleep=self.sleep
        )

    def find(self) -> bool:
        if self.errors:
            raise self.errors.pop(0)
        return False

    async def sleep(self, seconds):
        self.slept.append(seconds)

    def event(self):
        async def first():
            return await anext(self.trigger.run())

        return asyncio.run(first()).payload


def test_refused_credentials_do_not_end_the_wait_for_a_resource(monkeypatch):
    resources = Resources(monkeypatch, *[EXPIRED] * 5)

    assert resources.event() == {}
    *polls, _settling = resources.slept
    assert polls == [20, 40, 80, 80, 80]


def test_credentials_that_are_refused_for_too_long_end_the_wait_for_a_resource(monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__REFUSED_TIMEOUT", "0")
    resources = Resources(monkeypatch, EXPIRED)

    event = resources.event()

    assert event["retryable"]
    assert "about job queue 'etl' for longer than refused_timeout (0 s)" in event["error"]
