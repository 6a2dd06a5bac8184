"""The CloudWatch log streams of a job's attempts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LogStream:
    """
    The log stream of one container in one attempt.

    :param attempt: the number of the attempt, from 1.
    :param container: the container's name; only in jobs with several containers.
    """

    attempt: int
    name: str
    container: str | None = None


def parse_log_streams(detail: Mapping[str, Any]) -> tuple[LogStream, ...]:
    """
    Return the log streams of a ``JobDetail``, the oldest attempt first.

    Ended attempts are listed under ``attempts``, with ``taskProperties`` in jobs with several
    containers. The running attempt appears only in the job's own ``container`` or ``ecsProperties``.
    """
    ended = detail.get("attempts", ())
    found = [stream for number, attempt in enumerate(ended, start=1) for stream in _streams(attempt, number)]
    is_final = detail.get("status") in ("SUCCEEDED", "FAILED")
    # A final job's `container` repeats its last attempt. While an attempt runs, `attempts` lacks it.
    last = max(len(ended), 1) if is_final else len(ended) + 1
    present = [*_streams(detail, last), *_streams(detail.get("ecsProperties", {}), last)]
    known = {stream.name for stream in found}
    return (*found, *(stream for stream in present if stream.name not in known))


def _streams(holder: Mapping[str, Any], attempt: int) -> Iterator[LogStream]:
    if name := holder.get("container", {}).get("logStreamName"):
        yield LogStream(attempt, name)
    for task in holder.get("taskProperties", ()):
        for container in task.get("containers", ()):
            if name := container.get("logStreamName"):
                yield LogStream(attempt, name, container.get("name"))
