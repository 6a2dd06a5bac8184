"""Keep the rate of SubmitJob calls within the quota that all clients of an account share."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from airflow_batch_provider import limits

_CALLS_PER_SECOND_MAX: Final = float(limits.SUBMITS_PER_SECOND_MAX)
_CALLS_PER_SECOND_MIN: Final = _CALLS_PER_SECOND_MAX / 10
"""No further slowdown below this rate: a throttled call is retried after a growing pause of its own."""

_RECOVERY: Final = 1.2
_ACCEPTED_UNTIL_RECOVERY_MAX: Final = 20


# botocore's "adaptive" retry mode is no replacement. Its limiter belongs to one client, knows no fixed
# quota, and starts only after the first throttled response
# (https://docs.aws.amazon.com/boto3/latest/guide/retries.html; botocore/retries/adaptive.py).


class SubmitRateLimiter:
    """
    Limit the calls of one process to 50 in any second, and halve the rate after each throttled call.

    At the full rate, the calls of a second may be sent as one burst. Below it, they are evenly
    spaced. Other clients share the account's quota: halving the rate when throttled, and raising it
    slowly while calls are accepted, approaches the share that is left for this process.

    :param now: seconds of a monotonic clock.
    :param sleep: sleeps for a number of seconds.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._rate = _CALLS_PER_SECOND_MAX
        self._call_times: deque[float] = deque(maxlen=limits.SUBMITS_PER_SECOND_MAX)
        self._accepted = 0

    @property
    def calls_per_second(self) -> float:
        return self._rate

    def wait(self) -> None:
        """Wait until the next call may be sent."""
        # A sliding window: any `burst / rate` seconds hold at most `burst` calls, so the call that many calls
        # ago must be at least that old. At the full rate, the window holds 50 calls; below it, one.
        burst = int(self._rate) if self._rate >= _CALLS_PER_SECOND_MAX else 1
        if len(self._call_times) >= burst:
            remaining = self._call_times[-burst] + burst / self._rate - self._now()
            if remaining > 0:
                self._sleep(remaining)
        self._call_times.append(self._now())

    def on_throttled(self) -> None:
        """Halve the rate, down to a tenth of the quota."""
        self._accepted = 0
        self._rate = max(self._rate / 2, _CALLS_PER_SECOND_MIN)

    def on_accepted(self) -> None:
        """Raise the rate by a fifth after a second's worth of accepted calls, or after twenty."""
        self._accepted += 1
        if self._accepted >= min(self._rate, _ACCEPTED_UNTIL_RECOVERY_MAX):
            self._accepted = 0
            self._rate = min(self._rate * _RECOVERY, _CALLS_PER_SECOND_MAX)
