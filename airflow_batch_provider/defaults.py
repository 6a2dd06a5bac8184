"""The provider's own defaults and limits; AWS's quotas are in ``limits``."""

from __future__ import annotations

from typing import Final

POLL_INTERVAL_SECONDS: Final = 10.0
"""Seconds between two polls (rounds of DescribeJobs calls)."""

MISSED_POLLS_MAX: Final = 5
"""Consecutive polls in which DescribeJobs leaves a job out before the wait fails."""

REFUSED_TIMEOUT_SECONDS: Final = 3600.0
"""How long AWS may refuse a connection's credentials before a wait ends: time to renew them."""

PROGRESS_INTERVAL_SECONDS: Final = 30.0
"""Seconds between two log lines about the progress of an array job."""

SUBMIT_TRIES_MAX: Final = 10
"""SubmitJob calls for one job, the first one included, before the submission fails."""

LOG_LINES_MAX: Final = 20_000
"""Lines of each attempt's log that a task copies into its own log: the last ones."""

LOG_PAGES_MAX: Final = 100
"""
Pages of one log stream that are read from its beginning. A log with more pages is read from its end.

A page has up to 10,000 lines or 1 MiB,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html.
"""

LOG_LINES_IN_MESSAGE: Final = 5
"""Last log lines that a failure message quotes."""

FAILED_CHILDREN_SHOWN: Final = 3
"""Failed children of an array job whose logs a task copies into its own log."""

INDEX_RANGES_IN_MESSAGE: Final = 20
"""Ranges of failed indices that a failure message lists; the XCom ``array`` has all of them."""

FAILURE_REASONS_MAX: Final = 20
"""Different failure reasons in the XCom ``array``: the first ones by index."""
