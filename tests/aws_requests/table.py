"""The table of requests."""

from __future__ import annotations

from typing import Final

from tests.aws_requests.case import Case
from tests.aws_requests.cases import both_operations, containers, fargate, jobs, overrides, tasks_and_pods

TABLE: Final[list[Case]] = [
    *containers.CASES,
    *fargate.CASES,
    *tasks_and_pods.CASES,
    *both_operations.CASES,
    *jobs.CASES,
    *overrides.CASES,
]
