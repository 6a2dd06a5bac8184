"""What both submission modes need to create the tasks of a plan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import airflow
from airflow.sdk import BaseOperator, TaskGroup
from packaging.version import Version

from airflow_batch_provider.dag.python_task import PythonTaskOperator
from airflow_batch_provider.dag.task_arguments import task_arguments
from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.plan.backfill import backfill_arguments
from airflow_batch_provider.spec.gates import TASK_LIMITS, Gate

if TYPE_CHECKING:
    from airflow_batch_provider.handover import PublishedJob
    from airflow_batch_provider.plan.model import PlannedJob, PlannedTask, WorkflowPlan
    from airflow_batch_provider.spec.models import ConnectionSettings

_COUNTS_DEFERRED_TASKS: Final = Version(airflow.__version__) >= Version("3.2")
"""Whether Airflow counts deferred tasks for ``max_active_tis_per_dag``."""

_DISPLAY_NAME: Final = "task_display_name"


class TaskBuilder(ABC):
    """
    Creates the tasks and then their edges.

    :ivar last: the last task of each job or Python task, by key: it ends when the job has ended.
    :ivar followers: the tasks whose jobs other tasks submit.
    :cvar remedy: what an author can do who has a task upstream of a follower; ``{}`` is the job's key.
    """

    remedy: ClassVar[str]

    def __init__(self, plan: WorkflowPlan, prefix: str) -> None:
        self.plan = plan
        self.prefix = prefix
        self.last: dict[str, BaseOperator] = {}
        self.followers: list[BatchJobOperator] = []
        self._groups: dict[str, TaskGroup] = {}

    @abstractmethod
    def build(self, only: str | None) -> None:
        """Create all tasks, or the task with the ID ``only``."""

    def add_python_tasks(self, only: str | None = None) -> None:
        """Create the Python tasks."""
        for task in self.plan.tasks:
            if only in (None, task.key):
                self.last[task.key] = PythonTaskOperator(
                    task_id=task.key,
                    python=task.python,
                    arguments=task.arguments,
                    spec_digest=self.plan.digest,
                    **task_arguments(task.task_settings, f"task '{task.key}'"),
                )

    def ends_of(self, planned: PlannedJob | PlannedTask) -> list[BaseOperator]:
        """Return the upstream tasks, without those that are not created."""
        return [self.last[key] for key in planned.upstream_keys if key in self.last]

    def tasks_of(self, key: str) -> list[BaseOperator]:
        """Return the tasks of a job or Python task that have been created."""
        return [self.last[key]] if key in self.last else []

    def group_of(self, job: PlannedJob) -> dict[str, Any]:
        """Return the task group of a job that is one slice of an array."""
        if job.part_of is None:
            return {}
        if job.part_of not in self._groups:
            self._groups[job.part_of] = TaskGroup(
                job.part_of, group_display_name=job.task_settings.get(_DISPLAY_NAME, "")
            )
        return {"task_group": self._groups[job.part_of]}

    def settings_of(self, job: PlannedJob) -> dict[str, Any]:
        """Return the operator arguments that the author has set for the task of a job."""
        arguments = task_arguments(job.task_settings, f"job '{job.part_of or job.key}'")
        if job.part_of is not None:
            arguments.pop(_DISPLAY_NAME, None)  # the name of the group of all slices
        return arguments

    def arguments_of(self, job: PlannedJob) -> dict[str, Any]:
        """Return the operator arguments that come from the plan."""
        return {
            **job.connection.model_dump(exclude_unset=True),
            **self.backfill_arguments,
            "spec_digest": self.plan.digest,
        }

    def own_task(
        self, job: PlannedJob, operator: type[BatchJobOperator] = BatchJobOperator, **arguments: Any
    ) -> BatchJobOperator:
        """Create the one task that submits a job and follows it."""
        settings = {**_wait_in_worker(job), **self.settings_of(job)}
        settings["start_in_triggerer"] = False  # it has to submit first
        return self._single_task(job, operator, {**settings, **arguments})

    def following_task(self, job: PlannedJob, adopt: PublishedJob) -> BatchJobOperator:
        """Create the one task that follows a job which another task submits."""
        task = self._single_task(job, BatchJobOperator, {**self.settings_of(job), "adopt": adopt})
        self.followers.append(task)
        return task

    def _single_task(
        self, job: PlannedJob, operator: type[BatchJobOperator], arguments: Mapping[str, Any]
    ) -> BatchJobOperator:
        task = operator(
            # `slices` numbers the jobs of a large array `KEY.0`, `KEY.1`, …;
            # the group of the sliced array provides the part before the dot.
            task_id=job.key.rpartition(".")[2],
            depends_on=sequential_dependencies(job),
            **self.group_of(job),
            **self.arguments_of(job),
            **self.dependent_queues_of(job),
            **arguments,
        )
        task.use_plan(job)
        task.has_dependent_jobs = job.key in self.jobs_with_dependents
        return task

    @cached_property
    def jobs_with_dependents(self) -> set[str]:
        """The jobs on which others depend inside AWS Batch."""
        return {each.job_key for job in self.plan.jobs for each in job.batch_dependencies if each.job_key}

    def dependent_queues_of(self, job: PlannedJob) -> dict[str, Any]:
        """Return the operator argument for the other queues in which jobs may depend on this one."""
        queues = [
            queue
            for connection, queue in self._dependent_queues
            if connection == job.connection and queue != job.request.get("jobQueue")
        ]
        return {"dependent_queues": queues} if queues else {}

    @cached_property
    def _dependent_queues(self) -> list[tuple[ConnectionSettings, str]]:
        """The connections and queues of the jobs that have dependencies in AWS Batch, without duplicates."""
        found: list[tuple[ConnectionSettings, str]] = []
        for job in self.plan.jobs:
            place = (job.connection, job.request.get("jobQueue", ""))
            if place[1] and place not in found and any(each.job_key for each in job.batch_dependencies):
                found.append(place)
        return found

    @cached_property
    def backfill_arguments(self) -> dict[str, Any]:
        """The operator arguments for backfill runs."""
        arguments = backfill_arguments(self.plan.backfill)
        return {"backfill": arguments} if arguments else {}


def _wait_in_worker(job: PlannedJob) -> dict[str, Any]:
    """Return the argument for a task that must not be deferred, because Airflow would not count it then."""
    counted = TASK_LIMITS if not _COUNTS_DEFERRED_TASKS else frozenset()
    is_uncounted = not ({Gate.POOL} | counted).isdisjoint(job.gates)
    return {"deferrable": False} if is_uncounted and job.is_deferrable is None else {}


def sequential_dependencies(job: PlannedJob) -> list[dict[str, str]]:
    """Return the dependencies that remain when a job's own task submits it after its upstream tasks."""
    return [{"type": str(each.type)} for each in job.depends_on if each.job_key is None]
