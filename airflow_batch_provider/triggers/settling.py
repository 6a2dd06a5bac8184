"""The pause before an event that returns a task to a worker."""

from __future__ import annotations

import time
from typing import Final

SETTLING_SECONDS: Final = 5.0
"""
The minimum time between a task's deferral and its return to a worker.

If the scheduler queues a task's second half before the executor reports that the process of the
first half has ended, it considers the task killed and fails it ("reported that the task
instance finished with state success, but the task instance's state attribute is running"). Every
event that returns the task to a worker needs the pause, also an error.
"""


def settling_seconds(deferred_at: float) -> float:
    """
    Return how long to pause.

    :param deferred_at: when the task was deferred, or a later time; as a Unix timestamp, perhaps of another
        machine's clock.
    """
    return min(max(SETTLING_SECONDS - (time.time() - deferred_at), 0), SETTLING_SECONDS)
