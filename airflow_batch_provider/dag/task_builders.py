"""Create the tasks of a DAG from a plan, in both submission modes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from airflow.sdk import BaseOperator, TaskGroup

from airflow_batch_provider.dag.python_task import PythonTaskOperator
from airflow_batch_provider.dag.task_arguments import task_arguments
from airflow_batch_provider.handover import WAIT_TASK, PublishedJob, chain_key
from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.job_chain import BatchJobChainOperator
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator
from airflow_batch_provider.operators.submit_workflow import BatchSubmitWorkflowOperator
from airflow_batch_provider.plan.backfill import backfill_arguments
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, PlannedTask, WorkflowPlan
from airflow_batch_provider.spec.models import (
    SUBMIT_TASK,
    ConnectionSettings,
    JobTaskSettings,
    SubmissionMode,
    TaskSettings,
)

_WAIT_ARGUMENTS: Final = frozenset(
    {
        "execution_timeout",
        "outlets",
        *(JobTaskSettings.model_fields.keys() - TaskSettings.model_fields.keys()),
    }
)
_SUBMIT_ARGUMENTS: Final = frozenset({"trigger_rule"})


def add_tasks(plan: WorkflowPlan, prefix: str, *, only: str | None = None) -> None:
    """
    Add a plan's tasks to the current DAG or task group.

    :param prefix: the prefix that Airflow adds to their task IDs.
    :param only: the ID of the one task to add, together with the tasks that it needs; None for all.
    """
    builder = _PerJob if plan.submission_mode is SubmissionMode.PER_JOB else _AtOnce
    builder(plan, prefix).build(only)


class _Builder(ABC):
    """
    Creates the tasks and then their edges.

    :ivar last: the last task of each job or Python task, by key: it ends when the job has ended.
    """

    def __init__(self, plan: WorkflowPlan, prefix: str) -> None:
        self.plan = plan
        self.prefix = prefix
        self.last: dict[str, BaseOperator] = {}
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
                    **task_arguments(task.task_settings),
                )

    def ends_of(self, planned: PlannedJob | PlannedTask) -> list[BaseOperator]:
        """Return the upstream tasks, without those that are not created."""
        return [self.last[key] for key in planned.upstream_keys if key in self.last]

    def group_of(self, job: PlannedJob) -> dict[str, Any]:
        """Return the task group of a job that is one slice of an array."""
        if job.part_of is None:
            return {}
        if job.part_of not in self._groups:
            self._groups[job.part_of] = TaskGroup(job.part_of)
        return {"task_group": self._groups[job.part_of]}

    def arguments_of(self, job: PlannedJob) -> dict[str, Any]:
        """Return the operator arguments that come from the plan."""
        return {
            **job.connection.model_dump(exclude_unset=True),
            **self.backfill_arguments,
            "spec_digest": self.plan.digest,
        }

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


class _AtOnce(_Builder):
    """One task submits all jobs that AWS Batch can order; each job has a task that follows it."""

    def build(self, only: str | None) -> None:
        submit = self._submit() if only in (None, SUBMIT_TASK) else None
        for job in self.plan.jobs:
            if only in (None, job.key):
                self.last[job.key] = self._job_task(job)
        self.add_python_tasks(only)
        # Edges last: they need both tasks, and the plan lists jobs before Python tasks.
        for planned in self.plan.members:
            if planned.key in self.last:
                self._connect_upstream(planned, submit)

    def _submit(self) -> BaseOperator | None:
        if not self.plan.first_submission:
            return None
        connection = self.plan.connection.model_dump(exclude_unset=True)
        return BatchSubmitWorkflowOperator(
            task_id=SUBMIT_TASK,
            plan=self.plan,
            spec_digest=self.plan.digest,
            **self.backfill_arguments,
            **connection,
        )

    def _job_task(self, job: PlannedJob) -> BaseOperator:
        # `slices` numbers the jobs of a large array `KEY.0`,
        # `KEY.1`, …; the group provides the part before the dot.
        task_id = job.key.rpartition(".")[2]  # Airflow adds the task group of a sliced array
        arguments = {
            "task_id": task_id,
            **self.group_of(job),
            **self.arguments_of(job),
            **task_arguments(job.task_settings),
        }
        arguments["depends_on"] = _sequential_dependencies(job)
        arguments.update(self.dependent_queues_of(job))
        task = self._operator(job, arguments)
        task.use_request(job.request)
        return task

    def _operator(self, job: PlannedJob, arguments: dict[str, Any]) -> BatchJobOperator:
        if not job.is_submitted_by_own_task:
            return BatchJobOperator(adopt=self._published(job), **arguments)
        arguments.pop("start_in_triggerer", None)  # it has to submit first
        if chain := self.plan.chain_of(job.key):
            return BatchJobChainOperator(head_key=job.key, chain=chain, **arguments)
        return BatchJobOperator(**arguments)

    def _published(self, job: PlannedJob) -> PublishedJob:
        if job.submitted_with is None:
            return PublishedJob(self.prefix + SUBMIT_TASK, job.key)
        return PublishedJob(self.prefix + job.submitted_with, chain_key(job.key))

    def _connect_upstream(self, planned: PlannedJob | PlannedTask, submit: BaseOperator | None) -> None:
        task = self.last[planned.key]
        upstream = self.ends_of(planned)
        # A task with upstream tasks needs no edge from `submit`: those tasks already run after it.
        is_first = isinstance(planned, PlannedJob) and planned.submitted_with is None
        if not upstream and is_first and submit is not None:
            upstream = [submit]
        _connect(upstream, task)


class _PerJob(_Builder):
    """Two tasks for each job; each ``submit`` task passes its job ID as an XCom to the downstream ones."""

    def __init__(self, plan: WorkflowPlan, prefix: str) -> None:
        super().__init__(plan, prefix)
        self._submits: dict[str, BatchSubmitJobOperator] = {}

    def build(self, only: str | None) -> None:
        needed = self._needed_for(only)
        for job in self.plan.jobs:
            if needed is None or job.key in needed:
                self._add_job(job)
        self.add_python_tasks(only)
        for planned in self.plan.members:
            if planned.key in self.last:
                self._connect_upstream(planned)

    def _needed_for(self, only: str | None) -> set[str] | None:
        """Return the jobs whose tasks are needed, because a ``submit`` task takes job IDs from others."""
        if only is None:
            return None
        key = only.rpartition(".")[0]
        return {key} | {
            each.job_key
            for job in self.plan.jobs
            if job.key == key
            for each in job.batch_dependencies
            if each.job_key is not None
        }

    def _add_job(self, job: PlannedJob) -> None:
        arguments = {**self.arguments_of(job), "job_key": self.prefix + job.key}
        settings = task_arguments(job.task_settings)
        parent = self.group_of(job)
        with TaskGroup(
            job.key.rpartition(".")[2], **({"parent_group": parent["task_group"]} if parent else {})
        ):
            submit = BatchSubmitJobOperator(
                task_id=SUBMIT_TASK,
                depends_on=self._job_id_arguments(job),
                **arguments,
                **_without(settings, _WAIT_ARGUMENTS),
            )
            wait = BatchJobOperator(
                task_id=WAIT_TASK,
                adopt=submit.output,
                depends_on=_sequential_dependencies(job),
                **self.dependent_queues_of(job),
                **arguments,
                **_without(settings, _SUBMIT_ARGUMENTS),
            )
        for task in (submit, wait):
            task.use_request(job.request)
        self._submits[job.key], self.last[job.key] = submit, wait

    def _job_id_arguments(self, job: PlannedJob) -> Sequence[Any]:
        return [
            self._as_argument(each)
            for each in job.batch_dependencies
            if each.job_key is None or each.job_key in self._submits
        ]

    def _as_argument(self, dependency: PlannedDependency) -> Any:
        if dependency.job_key is None:
            return {"type": str(dependency.type)}
        job_id = self._submits[dependency.job_key].output
        return {"job_id": job_id, "type": str(dependency.type)} if dependency.type else job_id

    def _connect_upstream(self, planned: PlannedJob | PlannedTask) -> None:
        """Connect a job's wait with its upstream jobs, or its submission if Airflow owns its dependencies."""
        is_airflow_owned = isinstance(planned, PlannedJob) and planned.is_submitted_by_own_task
        task = self._submits[planned.key] if is_airflow_owned else self.last[planned.key]
        _connect(self.ends_of(planned), task)


def _connect(upstream: Iterable[BaseOperator], task: BaseOperator) -> None:
    """
    Add edges as ``upstream >> task`` does.

    ``>>`` checks every task of the DAG for each edge. In a DAG of 1,000 tasks, that would take most of
    the parse time.
    """
    for other in upstream:
        other.downstream_task_ids.add(task.task_id)
        task.upstream_task_ids.add(other.task_id)


def _sequential_dependencies(job: PlannedJob) -> list[dict[str, str]]:
    """Return the dependencies that remain when a job's own task submits it after its upstream tasks."""
    return [{"type": str(each.type)} for each in job.depends_on if each.job_key is None]


def _without(arguments: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}
