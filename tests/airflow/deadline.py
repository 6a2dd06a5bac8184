"""Wait for the effects of other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(poll: Callable[[], T], *, seconds: float = 180) -> T:
    """Poll until a function returns a true value, and return that value."""
    deadline = time.monotonic() + seconds
    while not (result := poll()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no true value within {seconds:g} s")
        time.sleep(0.2)
    return result


def sampled(poll: Callable[[], T], *, seconds: float) -> list[T]:
    """Return what a function returns, twice a second for some seconds."""
    deadline = time.monotonic() + seconds
    samples = []
    while time.monotonic() < deadline:
        samples.append(poll())
        time.sleep(0.5)
    return samples
