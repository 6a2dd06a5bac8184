"""The plan of a workflow: plain values, independent of Airflow and AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.spec.gates import hold_until_end
from airflow_batch_provider.spec.models import (
    AirflowSettings,
    Alerts,
    Backfill,
    ConnectionSettings,
    DependencyType,
    SubmissionMode,
)

if TYPE_CHECKING:
    from airflow_batch_provider.spec.spec_text import SpecText


class EdgeOwner(StrEnum):
    """Who enforces a dependency."""

    BATCH = "batch"
    """AWS Batch, through ``dependsOn``."""
    IMPLIED = "implied"
    """Neither: other dependencies imply it, so that ``dependsOn`` omits it."""
    AIRFLOW = "airflow"
    """Airflow: the job is submitted when the upstream task has ended."""


@dataclass(frozen=True, slots=True)
class PlannedDependency:
    """
    A dependency and its owner.

    :param job_key: the job that must have succeeded; None for ``SEQUENTIAL``, which orders
        the children of the job itself.
    :param reason: why it has that owner, as a clause for ``plan`` and ``graph``.
    """

    job_key: str | None
    type: DependencyType | None = None
    owner: EdgeOwner = EdgeOwner.BATCH
    reason: str = ""


def waits_for(depends_on: Iterable[PlannedDependency]) -> tuple[str, ...]:
    """Return the keys of the jobs and tasks that have to succeed first, whichever owns the dependency."""
    return tuple(dependency.job_key for dependency in depends_on if dependency.job_key is not None)


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """
    One job as it will be submitted.

    :param request: its SubmitJob request in AWS's camelCase, with what the author set. Texts may be
        templates. ``jobDefinition`` may be a mapping, which is registered first, and ``jobLabel`` is a
        suffix of the job's name; ``jobName`` and ``dependsOn`` are known only at run time.
    :param submitted_with: the job whose task submits this one when its upstream tasks have
        ended: the job itself, or the head of its chain. None for the workflow's first
        submission.
    :param connection: the AWS connection with which it is submitted.
    :param part_of: the array in the spec, if this job is one slice of it.
    :param task_settings: the author's settings of the job's Airflow task, as in the spec.
    :param gates: the settings that hold its task back (``spec.gates``), also those from ``default_args``.
    :param is_deferrable: whether its task waits without a worker; None if the author leaves it open.
    :param own_reason: why its own task submits it, as a clause, if that is not because of a dependency.
    """

    key: str
    request: Mapping[str, Any]
    depends_on: tuple[PlannedDependency, ...] = ()
    submitted_with: str | None = None
    connection: ConnectionSettings = field(default_factory=ConnectionSettings)
    part_of: str | None = None
    task_settings: Mapping[str, Any] = field(default_factory=dict)
    gates: tuple[str, ...] = ()
    is_deferrable: bool | None = None
    own_reason: str = ""

    @property
    def is_held_until_end(self) -> bool:
        """Whether Airflow's limits hold until the job has ended, so that one task submits and follows it."""
        return hold_until_end(self.gates)

    @property
    def is_submitted_by_own_task(self) -> bool:
        return self.submitted_with == self.key

    @property
    def upstream_keys(self) -> tuple[str, ...]:
        """The jobs whose tasks are upstream of this job's task in Airflow, whichever owns the dependency."""
        return waits_for(self.depends_on)

    @property
    def batch_dependencies(self) -> tuple[PlannedDependency, ...]:
        """The entries of ``dependsOn``."""
        return tuple(each for each in self.depends_on if each.owner is EdgeOwner.BATCH)


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """
    A Python function that Airflow runs between jobs.

    :param python: the function's import path.
    :param arguments: its keyword arguments; texts may be templates.
    :param depends_on: jobs and tasks; Airflow owns all of these dependencies.
    """

    key: str
    python: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[PlannedDependency, ...] = ()
    task_settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def upstream_keys(self) -> tuple[str, ...]:
        return waits_for(self.depends_on)


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """
    A workflow, ready for submission.

    :param jobs: in topological order.
    :param tasks: Python tasks, in topological order.
    :param digest: equal for two plans if they have the same meaning; see ``plan_digest``.
    :param source: the text from which it was made, to show; None if it is not shown.
    """

    workflow: str
    description: str | None
    submission_mode: SubmissionMode
    airflow: AirflowSettings
    connection: ConnectionSettings
    jobs: tuple[PlannedJob, ...]
    tasks: tuple[PlannedTask, ...] = ()
    alerts: Alerts = field(default_factory=Alerts)
    backfill: Backfill = field(default_factory=Backfill)
    digest: str = ""
    source: SpecText | None = None

    @property
    def members(self) -> tuple[PlannedJob | PlannedTask, ...]:
        return (*self.jobs, *self.tasks)

    @property
    def first_submission(self) -> tuple[PlannedJob, ...]:
        """The jobs that are submitted when a run begins."""
        return tuple(job for job in self.jobs if job.submitted_with is None)

    def chain_of(self, key: str) -> tuple[PlannedJob, ...]:
        """Return the jobs that the task of job ``key`` submits together with its own."""
        return tuple(job for job in self.jobs if job.submitted_with == key and job.key != key)
