"""
AWS's quotas and patterns: the limits of a request, a job, an account.

Sources, unless a constant names its own: the quotas page of the AWS Batch user guide,
https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html, and the API reference of
SubmitJob, https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html, with the
data types that it links. The provider's own defaults are in ``defaults``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

ARRAY_SIZE_MIN: Final = 2
ARRAY_SIZE_MAX: Final = 10_000
"""Children of one array job (quotas page; ``ArrayProperties``)."""

SUBMITTED_JOBS_MAX: Final = 1_000_000
"""Jobs in status SUBMITTED per account and Region, children of array jobs included (quotas page)."""

SUBMITS_PER_SECOND_MAX: Final = 50
"""SubmitJob calls per second, account and Region; AWS does not raise this quota (quotas page)."""

DEPENDENCIES_MAX: Final = 20
"""Entries in the ``dependsOn`` of one job (quotas page)."""

REQUEST_BYTES_MAX: Final = 30 * 1024
"""Bytes of one SubmitJob request (quotas page)."""

DEFINITION_BYTES_MAX: Final = 24 * 1024
"""Bytes of one RegisterJobDefinition request (quotas page)."""

OVERRIDE_CHARACTERS_MAX: Final = 8192
"""
Characters of ``containerOverrides`` as JSON. ECS sets this limit: AWS Batch accepts a job that
exceeds it, and the job fails when it starts (``Container Overrides length must be at most 8192``).
Source: ``overrides`` in https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html.
"""

MEMORY_MIB_MIN: Final = 4
"""MiB of a container's ``MEMORY`` requirement (``ResourceRequirement``)."""

IMAGE_LENGTH_MAX: Final = 255
"""Characters of a container's ``image`` (``ContainerProperties``)."""

EPHEMERAL_STORAGE_GIB_MIN: Final = 21
EPHEMERAL_STORAGE_GIB_MAX: Final = 200
"""GiB of ``ephemeralStorage`` on Fargate (``EphemeralStorage``)."""

CONTAINERS_MAX: Final = 10
"""Containers of a task in ``ecsProperties`` (``EcsTaskProperties``)."""

CONTAINER_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""
The name of a container in ``ecsProperties``.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
"""

CONTAINER_TIMEOUT_SECONDS_MIN: Final = 2
CONTAINER_TIMEOUT_SECONDS_MAX_ON_FARGATE: Final = 120
"""``startTimeout`` and ``stopTimeout`` of a container in ``ecsProperties`` (``TaskContainerProperties``)."""

USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
"""
``user`` of a container: a name or ID, which a group can follow after a colon.

Source: ``user`` in https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
"""

ATTEMPTS_MIN: Final = 1
ATTEMPTS_MAX: Final = 10
"""Attempts of one job, the first one included (``RetryStrategy``)."""

TIMEOUT_SECONDS_MIN: Final = 60
"""Seconds of ``timeout.attemptDurationSeconds`` (``JobTimeout``); there is no upper limit."""

SCHEDULING_PRIORITY_MAX: Final = 9999
"""``schedulingPriorityOverride``, from 0; jobs with a higher value run first (SubmitJob)."""

TAGS_MAX: Final = 50
"""Tags of one job, including those propagated from its job definition (SubmitJob, ``propagateTags``)."""

TAG_KEY_LENGTH_MAX: Final = 128
TAG_VALUE_LENGTH_MAX: Final = 256
"""
Characters of a tag's key and value.

Source, also of the next two: https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html.
"""

RESERVED_TAG_PREFIX: Final = "aws:"
"""Tag keys with this prefix, in any case, are reserved for AWS."""

ILLEGAL_IN_TAGS: Final = re.compile(r"[^\w\s+\-=.:/@]")
"""A character that tags must not contain. They allow letters, digits, spaces and ``+ - = . _ : / @``."""

RESERVED_ENVIRONMENT_PREFIX: Final = "AWS_BATCH"
"""Names of environment variables with this prefix are reserved for AWS Batch (``ContainerOverrides``)."""

EVALUATE_ON_EXIT_MAX: Final = 5
"""Entries of ``retryStrategy.evaluateOnExit`` (``RetryStrategy``)."""

EXIT_PATTERN_LENGTH_MAX: Final = 512
"""Characters of ``onExitCode``, ``onReason`` or ``onStatusReason`` (``EvaluateOnExit``)."""

JOB_DEFINITION: Final = re.compile(
    r"[A-Za-z0-9_-]{1,128}(:[1-9][0-9]*)?|arn:[^:]+:batch:.+:job-definition/.+"
)
"""A job definition in SubmitJob: ``name``, ``name:revision`` or ARN; there is no ``name:latest``."""

JOB_QUEUE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}|arn:[^:]+:batch:.+:job-queue/.+")
"""A job queue in SubmitJob: its name or its ARN."""

SHARE_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9]{1,255}")
"""``shareIdentifier``: up to 255 letters and digits (SubmitJob)."""

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
"""MiB of memory that Fargate supports for each number of vCPUs (``ResourceRequirement``)."""

NAME_LENGTH_MAX: Final = 128
JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""``jobName``: up to 128 letters, digits, hyphens and underscores; the first is a letter or digit."""

JOB_NAME_PART: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""Text that a ``jobName`` may contain anywhere but at its beginning."""

DESCRIBE_JOBS_MAX: Final = 100
"""Job IDs in one call; https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html."""

LIST_JOBS_MAX: Final = 1000
"""
Jobs on one page of ListJobs by status; with ``filters``, a page has at most 100.

Source: ``maxResults`` in https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html.
"""

TERMINATE_JOBS_MAX: Final = 50
"""Job IDs in one call of the bulk operation TerminateJobs (its API reference)."""

REASON_LENGTH_MAX: Final = 1024
"""Characters of ``reason`` in TerminateJob and CancelJob (their API references)."""
