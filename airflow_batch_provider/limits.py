"""
AWS Batch's quotas and patterns.

Sources: the AWS Batch API reference (``SubmitJob``, ``DescribeJobs``, ``ListJobs``,
``TerminateJobs``) and the quotas page of the user guide,
https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

ARRAY_SIZE_MIN: Final = 2
ARRAY_SIZE_MAX: Final = 10_000
"""Children of one array job."""

SUBMITTED_JOBS_MAX: Final = 1_000_000
"""Jobs of an account that are SUBMITTED at a time, children of array jobs among them."""

DEPENDENCIES_MAX: Final = 20
"""Entries of one job's ``dependsOn``."""

REQUEST_BYTES_MAX: Final = 30 * 1024
"""One SubmitJob request."""

OVERRIDE_CHARACTERS_MAX: Final = 8192
"""
``containerOverrides`` as JSON. A limit of ECS: AWS Batch accepts the job and fails it when it
starts (``Container Overrides length must be at most 8192``).
"""

MEMORY_MIB_MIN: Final = 4

ATTEMPTS_MIN: Final = 1
ATTEMPTS_MAX: Final = 10
"""``retryStrategy.attempts``: all attempts, the first one included."""

TIMEOUT_SECONDS_MIN: Final = 60
"""``timeout.attemptDurationSeconds``; there is no upper limit."""

SCHEDULING_PRIORITY_MAX: Final = 9999

TAGS_MAX: Final = 50
"""Tags of one job, those of its definition included where they are propagated."""

TAG_KEY_LENGTH_MAX: Final = 128
TAG_VALUE_LENGTH_MAX: Final = 256
RESERVED_TAG_PREFIX: Final = "aws:"
NOT_IN_TAGS: Final = re.compile(r"[^\w\s+\-=.:/@]")
"""A character that tags must not have; they may have letters, digits, spaces, ``+ - = . _ : / @``."""

RESERVED_ENVIRONMENT_PREFIX: Final = "AWS_BATCH"
"""Environment variables that begin with this are AWS Batch's own."""

EVALUATE_ON_EXIT_MAX: Final = 5
"""Entries of ``retryStrategy.evaluateOnExit``."""

EXIT_PATTERN_LENGTH_MAX: Final = 512

JOB_DEFINITION: Final = re.compile(
    r"[A-Za-z0-9_-]{1,128}(:[1-9][0-9]*)?|arn:[^:]+:batch:.+:job-definition/.+"
)
"""A job definition as SubmitJob takes it: ``name``, ``name:revision`` or ARN; no ``name:latest``."""

JOB_QUEUE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}|arn:[^:]+:batch:.+:job-queue/.+")

SHARE_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9]{1,255}")

FARGATE_MEMORY_MIB: Final[Mapping[str, tuple[int, ...]]] = {
    "0.25": (512, 1024, 2048),
    "0.5": tuple(range(1024, 4096 + 1, 1024)),
    "1": tuple(range(2048, 8192 + 1, 1024)),
    "2": tuple(range(4096, 16384 + 1, 1024)),
    "4": tuple(range(8192, 30720 + 1, 1024)),
    "8": tuple(range(16384, 61440 + 1, 4096)),
    "16": tuple(range(32768, 122880 + 1, 8192)),
    "32": (61440, 122880, 249856),
}
"""Memory that goes with each number of vCPUs on Fargate."""

NAME_LENGTH_MAX: Final = 128
JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""``jobName``: up to 128 letters, digits, hyphens and underscores; the first a letter or digit."""

JOB_NAME_PART: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")

DESCRIBE_JOBS_MAX: Final = 100
"""Job ids of one DescribeJobs call."""

LIST_JOBS_MAX: Final = 1000
"""Jobs of one page of ListJobs by status; with filters a page has at most a hundred."""

TERMINATE_JOBS_MAX: Final = 50
"""Job ids of one TerminateJobs call (the bulk operation)."""

REASON_LENGTH_MAX: Final = 1024
"""Characters of the reason that TerminateJob and CancelJob take."""
