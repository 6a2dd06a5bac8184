"""The plan of a workflow: plain values, without Airflow and without AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.spec.models import (
    AirflowSettings,
    Arrangement,
    ConnectionSettings,
    DependencyType,
)


@dataclass(frozen=True, slots=True)
class PlannedDependency:
    """
    A dependency that AWS Batch enforces through ``dependsOn``.

    :param job_key: the job that must have succeeded; None for ``SEQUENTIAL``, which orders
        the children of the job itself.
    """

    job_key: str | None
    type: DependencyType | None = None


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """
    One job as it will be submitted.

    :param request: the SubmitJob members that the author set, in AWS's shape; texts may be
        templates. ``jobName`` and ``dependsOn`` are known only at run time.
    """

    key: str
    request: Mapping[str, Any]
    depends_on: tuple[PlannedDependency, ...] = ()

    @property
    def upstream_keys(self) -> tuple[str, ...]:
        return tuple(dependency.job_key for dependency in self.depends_on if dependency.job_key is not None)


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """
    A workflow, ready to be sent.

    :param jobs: in an order in which every job comes after those that it depends on.
    """

    workflow: str
    description: str | None
    arrangement: Arrangement
    airflow: AirflowSettings
    connection: ConnectionSettings
    jobs: tuple[PlannedJob, ...]
