"""
AWS Batch's quotas and patterns.

Sources: the AWS Batch API reference (``SubmitJob``, ``DescribeJobs``, ``ListJobs``,
``TerminateJobs``) and the quotas page of the user guide,
https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html.
"""

from __future__ import annotations

import re
from typing import Final

ARRAY_SIZE_MIN: Final = 2
ARRAY_SIZE_MAX: Final = 10_000
"""Children of one array job."""

SUBMITTED_JOBS_MAX: Final = 1_000_000
"""Jobs of an account that are SUBMITTED at a time, children of array jobs among them."""

DEPENDENCIES_MAX: Final = 20
"""Entries of one job's ``dependsOn``."""

ATTEMPTS_MIN: Final = 1
ATTEMPTS_MAX: Final = 10
"""``retryStrategy.attempts``: all attempts, the first one included."""

TIMEOUT_SECONDS_MIN: Final = 60
"""``timeout.attemptDurationSeconds``; there is no upper limit."""

SCHEDULING_PRIORITY_MAX: Final = 9999

TAGS_MAX: Final = 50
"""Tags of one job, those of its definition included where they are propagated."""

NAME_LENGTH_MAX: Final = 128
JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""``jobName``: up to 128 letters, digits, hyphens and underscores; the first a letter or digit."""

DESCRIBE_JOBS_MAX: Final = 100
"""Job ids of one DescribeJobs call."""

LIST_JOBS_MAX: Final = 1000
"""Jobs of one page of ListJobs by status; with filters a page has at most a hundred."""

TERMINATE_JOBS_MAX: Final = 50
"""Job ids of one TerminateJobs call (the bulk operation)."""

REASON_LENGTH_MAX: Final = 1024
"""Characters of the reason that TerminateJob and CancelJob take."""

LOG_LINES_MAX: Final = 20_000
"""Lines of one attempt's log that a task shows in its own log unless its author says otherwise."""

FAILED_CHILDREN_SHOWN: Final = 3
"""Failed children of an array job whose logs a task shows unless its author says otherwise."""

SUBMIT_TRIES_MAX: Final = 10
"""How often we send one SubmitJob that is answered with 429 before we give up."""
