"""The provider's own defaults; AWS's quotas are in ``limits``."""

from __future__ import annotations

from typing import Final

LOG_LINES_MAX: Final = 20_000
"""Lines of each attempt's log that a task copies into its own log."""

FAILED_CHILDREN_SHOWN: Final = 3
"""Failed children of an array job whose logs a task copies into its own log."""

SUBMIT_TRIES_MAX: Final = 10
"""Throttled SubmitJob calls (HTTP 429) for one job before the submission fails."""

POLL_INTERVAL_SECONDS: Final = 10.0
"""Seconds between two rounds of DescribeJobs."""
