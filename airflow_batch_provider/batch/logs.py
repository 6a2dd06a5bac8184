"""Read the logs of jobs from CloudWatch Logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider import defaults

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""The log group of jobs whose job definition does not set another one."""

_PAGE_LINES_MAX: Final = 10_000
"""``limit`` of GetLogEvents."""


@dataclass(frozen=True, slots=True)
class LogTail:
    """
    The end of a log.

    :param lines: the last lines, oldest first.
    :param omitted: the number of lines before them.
    :param is_lower_bound: whether ``omitted`` is a minimum: the log was too long to count its lines.
    :param error: why the log could not be read, or not to its end.
    """

    lines: tuple[str, ...] = ()
    omitted: int = 0
    is_lower_bound: bool = False
    error: str | None = None


class JobLogs:
    """
    Read the logs of jobs.

    A log that cannot be read raises no error: it must not hide how the job ended.

    :param api: a boto3 client for CloudWatch Logs.
    :param pages_max: pages of one stream that are read from its beginning.
    """

    def __init__(self, api: Any, *, pages_max: int = defaults.LOG_PAGES_MAX) -> None:
        self._api = api
        self._pages_max = pages_max

    def read(self, log_stream: str, log_group: str | None = None, *, lines_max: int) -> LogTail:
        """
        Read a stream to its end and return its last lines.

        GetLogEvents returns at most 10,000 lines per page, and may return empty pages before the
        end. At the end, it returns the same token that the request passed.
        """
        group = log_group or DEFAULT_LOG_GROUP
        kept: deque[str] = deque(maxlen=lines_max)
        count = pages = 0
        try:
            for page in self._pages(group, log_stream, is_forward=True):
                pages += 1
                count += len(page)
                kept.extend(page)
                if pages == self._pages_max:
                    # The stream has no line count and no seek. Its end is one page away if read backwards.
                    kept = self._last_lines(group, log_stream, lines_max)
                    return LogTail(tuple(kept), max(count - len(kept), 0), is_lower_bound=True)
        except (BotoCoreError, ClientError) as error:
            return LogTail(tuple(kept), max(count - len(kept), 0), error=str(error))
        return LogTail(tuple(kept), count - len(kept))

    def _last_lines(self, group: str, stream: str, lines_max: int) -> deque[str]:
        kept: deque[str] = deque()
        for page in self._pages(
            group, stream, is_forward=False, limit=max(1, min(lines_max, _PAGE_LINES_MAX))
        ):
            # Pages come newest first, but the events within a page are oldest first.
            kept.extendleft(reversed(page))
            if len(kept) >= lines_max:
                break
        return deque(kept, maxlen=lines_max)

    def _pages(self, group: str, stream: str, *, is_forward: bool, **members: Any) -> Iterator[list[str]]:
        position: dict[str, str] = {}
        while True:
            # `nextForwardToken` requires `startFromHead`; an unchanged token marks the end, an empty page
            # does not:
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
            response = self._api.get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=is_forward, **members, **position
            )
            yield [event["message"] for event in response["events"]]
            token = response.get("nextForwardToken" if is_forward else "nextBackwardToken")
            if token is None or token == position.get("nextToken"):
                return
            position = {"nextToken": token}
