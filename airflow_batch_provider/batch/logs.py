"""What jobs printed, read from CloudWatch Logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""Where jobs log to unless their definition says otherwise."""

PAGES_MAX: Final = 100
"""Pages of one stream that are read from its beginning; a page has up to 10,000 lines or 1 MiB.

The limits of a page: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

_PAGE_LINES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class LogText:
    """
    The end of a log.

    :param lines: the last lines, the oldest first.
    :param left_out: how many lines come before them.
    :param is_longer: whether there are more than those; the log was too long to count.
    :param error: why there is nothing to show.
    """

    lines: tuple[str, ...] = ()
    left_out: int = 0
    is_longer: bool = False
    error: str | None = None


class JobLogs:
    """
    Reads the logs of jobs.

    A log that cannot be read is no error here: it must not hide how the job ended.

    :param api: a boto3 client for CloudWatch Logs.
    :param pages_max: how many pages of one stream are read from its beginning.
    """

    def __init__(self, api: Any, *, pages_max: int = PAGES_MAX) -> None:
        self._api = api
        self._pages_max = pages_max

    def read(self, log_stream: str, log_group: str | None = None, *, lines_max: int) -> LogText:
        """
        Read a stream to its end and keep its last lines.

        CloudWatch gives a page of at most 10,000 lines, and may give an empty one in the middle; the
        end is where it gives back the token that it was asked with.
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
                    kept = self._last_lines(group, log_stream, lines_max)
                    return LogText(tuple(kept), max(count - len(kept), 0), is_longer=True)
        except (BotoCoreError, ClientError) as error:
            return LogText(tuple(kept), max(count - len(kept), 0), error=str(error))
        return LogText(tuple(kept), count - len(kept))

    def _last_lines(self, group: str, stream: str, lines_max: int) -> deque[str]:
        kept: deque[str] = deque()
        for page in self._pages(
            group, stream, is_forward=False, limit=max(1, min(lines_max, _PAGE_LINES_MAX))
        ):
            kept.extendleft(reversed(page))
            if len(kept) >= lines_max:
                break
        return deque(kept, maxlen=lines_max)

    def _pages(self, group: str, stream: str, *, is_forward: bool, **members: Any) -> Iterator[list[str]]:
        asked: dict[str, str] = {}
        while True:
            answer = self._api.get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=is_forward, **members, **asked
            )
            yield [event["message"] for event in answer["events"]]
            token = answer.get("nextForwardToken" if is_forward else "nextBackwardToken")
            if token is None or token == asked.get("nextToken"):
                return
            asked = {"nextToken": token}
