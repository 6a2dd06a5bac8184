"""The plan of a workflow: plain values, without Airflow and without AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from airflow_batch_provider.spec.models import (
    AirflowSettings,
    Alerts,
    Arrangement,
    Backfill,
    ConnectionSettings,
    DependencyType,
)


class EdgeOwner(StrEnum):
    """Who sees to it that a dependency is kept."""

    BATCH = "batch"
    """AWS Batch, through ``dependsOn``."""
    IMPLIED = "implied"
    """Nobody has to: other dependencies imply it, and it is left out of ``dependsOn``."""
    AIRFLOW = "airflow"
    """Airflow: the job is submitted when the task of the other has ended."""


@dataclass(frozen=True, slots=True)
class PlannedDependency:
    """
    A dependency, with who owns it.

    :param job_key: the job that must have succeeded; None for ``SEQUENTIAL``, which orders
        the children of the job itself.
    :param reason: why that owner, as a clause for people.
    """

    job_key: str | None
    type: DependencyType | None = None
    owner: EdgeOwner = EdgeOwner.BATCH
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """
    One job as it will be submitted.

    :param request: the SubmitJob members that the author set, in AWS's shape; texts may be
        templates, and ``jobDefinition`` may be a definition that is registered first.
        ``dependsOn`` and what stands before ``jobName`` are known only at run time.
    :param submitted_with: the job whose own task submits this one, when its upstream tasks have
        ended; the job itself, or the one that heads its chain. None: the workflow's first
        submission.
    :param connection: where it runs.
    :param part_of: the array in the spec of which this job is one of several.
    :param task_settings: the author's word on the job's task in Airflow, as the spec has it.
    """

    key: str
    request: Mapping[str, Any]
    depends_on: tuple[PlannedDependency, ...] = ()
    submitted_with: str | None = None
    connection: ConnectionSettings = field(default_factory=ConnectionSettings)
    part_of: str | None = None
    task_settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_submitted_by_own_task(self) -> bool:
        return self.submitted_with == self.key

    @property
    def upstream_keys(self) -> tuple[str, ...]:
        """The jobs whose tasks stand before this one's in Airflow, whoever owns the dependency."""
        return tuple(dependency.job_key for dependency in self.depends_on if dependency.job_key is not None)

    @property
    def batch_dependencies(self) -> tuple[PlannedDependency, ...]:
        """The entries of ``dependsOn``."""
        return tuple(each for each in self.depends_on if each.owner is EdgeOwner.BATCH)


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """
    A Python function that Airflow runs between jobs.

    :param python: its import path.
    :param arguments: its keyword arguments; texts may be templates.
    :param depends_on: jobs and tasks; all owned by Airflow.
    """

    key: str
    python: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[PlannedDependency, ...] = ()
    task_settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def upstream_keys(self) -> tuple[str, ...]:
        return tuple(dependency.job_key for dependency in self.depends_on if dependency.job_key is not None)


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """
    A workflow, ready to be sent.

    :param jobs: in an order in which every job comes after those that it depends on.
    :param tasks: Python tasks, in such an order as well.
    :param digest: the same for two plans if and only if they mean the same; see ``plan_digest``.
    """

    workflow: str
    description: str | None
    arrangement: Arrangement
    airflow: AirflowSettings
    connection: ConnectionSettings
    jobs: tuple[PlannedJob, ...]
    tasks: tuple[PlannedTask, ...] = ()
    alerts: Alerts = field(default_factory=Alerts)
    backfill: Backfill = field(default_factory=Backfill)
    digest: str = ""

    @property
    def members(self) -> tuple[PlannedJob | PlannedTask, ...]:
        return (*self.jobs, *self.tasks)

    @property
    def first_submission(self) -> tuple[PlannedJob, ...]:
        """List the jobs that are submitted when a run begins."""
        return tuple(job for job in self.jobs if job.submitted_with is None)

    def chain_of(self, key: str) -> tuple[PlannedJob, ...]:
        """List the jobs that the task of job ``key`` submits together with its own."""
        return tuple(job for job in self.jobs if job.submitted_with == key and job.key != key)
