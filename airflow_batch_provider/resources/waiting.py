"""Takes steps until nothing is left to do, waiting in between for what AWS Batch is busy with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from airflow_batch_provider.errors import ResourceWaitError
from airflow_batch_provider.plan.resources import DesiredResource
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.reconcile import Pending

TIMEOUT_SECONDS: Final = 900.0
_FIRST_PAUSE_SECONDS: Final = 0.05
_PAUSE_SECONDS_MAX: Final = 5.0

Step = Callable[[Sequence[DesiredResource]], Pending]


class Waiter:
    """
    Waits for resources in this process.

    :param now: seconds of a clock that never goes back.
    :param sleep: waits that many seconds.
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

    def finish(self, step: Step, desired: Sequence[DesiredResource]) -> None:
        """
        Take steps until there is nothing left to do.

        :raises ResourceWaitError: AWS Batch was not done in time; the same again goes on.
        """
        deadline = self._now() + self._timeout_seconds
        while pending := step(desired):
            self._wait(pending, deadline)

    def _wait(self, pending: Pending, deadline: float) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while busy := still_busy(self._account, pending):
            if self._now() > deadline:
                names = ", ".join(map(str, busy))
                raise ResourceWaitError(
                    f"AWS Batch is not done with {names} after {self._timeout_seconds:g} s; "
                    "run the same again to go on, with a longer --timeout if need be"
                )
            self._sleep(pause)
            pause = min(pause * 2, _PAUSE_SECONDS_MAX)


def still_busy(account: ResourceAccount, pending: Pending) -> Pending:
    """Tell which resources AWS Batch is still creating, updating or deleting."""
    return tuple(
        reference
        for reference in pending
        if (observed := account.find(reference)) is not None and not observed.status.is_settled
    )
