"""Repeat steps until all changes are complete, and wait for AWS Batch in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.errors import ResourceWaitError
from airflow_batch_provider.plan.resources import DesiredResource
from airflow_batch_provider.resources.reconcile import Pending

if TYPE_CHECKING:
    from airflow_batch_provider.resources.account import ResourceAccount

TIMEOUT_SECONDS: Final = 900.0
_FIRST_PAUSE_SECONDS: Final = 0.05
_PAUSE_SECONDS_MAX: Final = 5.0

Step = Callable[[Sequence[DesiredResource]], Pending]


class ResourceWaiter:
    """
    Wait for resources in this process.

    :param timeout_seconds: the limit for all steps together.
    :param now: returns the seconds of a monotonic clock.
    :param sleep: sleeps for a number of seconds.
    """

    def __init__(
        self,
        account: ResourceAccount,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = account
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._sleep = sleep

    def run_to_completion(self, step: Step, desired: Sequence[DesiredResource]) -> None:
        """
        Repeat a step until no resource is pending.

        :raises ResourceWaitError: AWS Batch did not finish in time; running the same again continues.
        """
        deadline = self._now() + self._timeout_seconds
        while pending := step(desired):
            self._wait(pending, deadline)

    def _wait(self, pending: Pending, deadline: float) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while busy := find_unsettled(self._account, pending):
            if self._now() > deadline:
                names = ", ".join(map(str, busy))
                raise ResourceWaitError(
                    f"AWS Batch has not finished changing {names} after {self._timeout_seconds:g} s; "
                    "run it again to continue, with a longer timeout if necessary"
                )
            self._sleep(pause)
            pause = min(pause * 2, _PAUSE_SECONDS_MAX)


def find_unsettled(account: ResourceAccount, pending: Pending) -> Pending:
    """Return the resources that AWS Batch is still creating, updating or deleting."""
    return tuple(
        reference
        for reference in pending
        if (observed := account.find(reference)) is not None and not observed.status.is_settled
    )
