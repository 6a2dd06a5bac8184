"""From a plan to the tasks of a DAG, in both arrangements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from airflow.sdk import BaseOperator, TaskGroup

from airflow_batch_provider.dag.python_task import PythonTaskOperator
from airflow_batch_provider.dag.task_arguments import task_arguments
from airflow_batch_provider.names import snake_case
from airflow_batch_provider.operators.batch import (
    BatchJobChainOperator,
    BatchJobOperator,
    BatchSubmitJobOperator,
    BatchSubmitWorkflowOperator,
)
from airflow_batch_provider.operators.publication import PublishedJob, chain_key
from airflow_batch_provider.plan.backfill import backfill_arguments
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, PlannedTask, WorkflowPlan
from airflow_batch_provider.spec.models import Arrangement

SUBMIT_TASK: Final = "submit"
WAIT_TASK: Final = "wait"

_OF_THE_WAIT: Final = frozenset(
    {
        *("execution_timeout", "runnable_timeout", "fail_when_misconfigured", "outlets"),
        *("exit_codes", "array_retry", "log_lines", "failed_children_logs", "start_in_triggerer"),
    }
)
_ARGUMENTS: Final = {"jobName": "job_label"}
"""Members of SubmitJob that operators take under another name than AWS's."""

_OF_THE_SUBMIT: Final = frozenset({"trigger_rule"})


def add_tasks(plan: WorkflowPlan, prefix: str, *, only: str | None = None) -> None:
    """
    Add a plan's tasks to the DAG or task group that is being built.

    :param prefix: what Airflow puts before their task ids.
    :param only: the id of the one task that is needed; those that it needs are added with it.
    """
    builder = _PerJob if plan.arrangement is Arrangement.PER_JOB else _AtOnce
    builder(plan, prefix).build(only)


class _Builder(ABC):
    """
    Makes the tasks and then their edges.

    :ivar last: the task that has ended when a job, or Python task, has; by key.
    """

    def __init__(self, plan: WorkflowPlan, prefix: str) -> None:
        self.plan = plan
        self.prefix = prefix
        self.last: dict[str, BaseOperator] = {}
        self._groups: dict[str, TaskGroup] = {}

    @abstractmethod
    def build(self, only: str | None) -> None:
        """Make all tasks, or the one that is needed."""

    def add_python_tasks(self, only: str | None = None) -> None:
        """Make the Python tasks."""
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
        """Find the tasks that must have ended before; those that are not built are left out."""
        return [self.last[key] for key in planned.upstream_keys if key in self.last]

    def group_of(self, job: PlannedJob) -> dict[str, Any]:
        """Put the jobs that are parts of one array into a group."""
        if job.part_of is None:
            return {}
        if job.part_of not in self._groups:
            self._groups[job.part_of] = TaskGroup(job.part_of)
        return {"task_group": self._groups[job.part_of]}

    def arguments_of(self, job: PlannedJob) -> dict[str, Any]:
        """Say what the operators of a job take from the plan: its request, its connection."""
        return {
            **{_ARGUMENTS.get(member, snake_case(member)): value for member, value in job.request.items()},
            **job.connection.model_dump(exclude_unset=True),
            **self.of_backfills,
            "spec_digest": self.plan.digest,
        }

    @cached_property
    def of_backfills(self) -> dict[str, Any]:
        """What operators take from the plan for the runs of backfills."""
        arguments = backfill_arguments(self.plan.backfill)
        return {"backfill": arguments} if arguments else {}


class _AtOnce(_Builder):
    """One task submits all jobs that it can; one task follows each job, or submits it and follows it."""

    def build(self, only: str | None) -> None:
        submit = self._submit() if only in (None, SUBMIT_TASK) else None
        for job in self.plan.jobs:
            if only in (None, job.key):
                self.last[job.key] = self._job_task(job)
        self.add_python_tasks(only)
        for planned in self.plan.members:
            if planned.key in self.last:
                self._put_behind(planned, submit)

    def _submit(self) -> BaseOperator | None:
        if not self.plan.first_submission:
            return None
        connection = self.plan.connection.model_dump(exclude_unset=True)
        return BatchSubmitWorkflowOperator(
            task_id=SUBMIT_TASK,
            plan=self.plan,
            spec_digest=self.plan.digest,
            **self.of_backfills,
            **connection,
        )

    def _job_task(self, job: PlannedJob) -> BaseOperator:
        task_id = job.key.rpartition(".")[2]  # Airflow puts the group of an array's parts before it
        arguments = {
            "task_id": task_id,
            **self.group_of(job),
            **self.arguments_of(job),
            **task_arguments(job.task_settings),
        }
        arguments["depends_on"] = _order_of_children(job)
        if not job.is_submitted_by_own_task:
            return BatchJobOperator(adopt=self._published(job), **arguments)
        arguments.pop("start_in_triggerer", None)  # it has to submit first
        if chain := self.plan.chain_behind(job.key):
            return BatchJobChainOperator(head_key=job.key, chain=chain, **arguments)
        return BatchJobOperator(**arguments)

    def _published(self, job: PlannedJob) -> PublishedJob:
        if job.submitted_with is None:
            return PublishedJob(self.prefix + SUBMIT_TASK, job.key)
        return PublishedJob(self.prefix + job.submitted_with, chain_key(job.key))

    def _put_behind(self, planned: PlannedJob | PlannedTask, submit: BaseOperator | None) -> None:
        task = self.last[planned.key]
        upstream = self.ends_of(planned)
        is_first = isinstance(planned, PlannedJob) and planned.submitted_with is None
        if not upstream and is_first and submit is not None:
            upstream = [submit]
        _connect(upstream, task)


class _PerJob(_Builder):
    """Two tasks for each job: the upstream ``submit``'s id goes as XCom into the downstream ``submit``."""

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
                self._put_behind(planned)

    def _needed_for(self, only: str | None) -> set[str] | None:
        """List the jobs whose tasks are needed: a ``submit`` takes ids from other ones."""
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
            self._submits[job.key] = BatchSubmitJobOperator(
                task_id=SUBMIT_TASK,
                depends_on=self._handed_over(job),
                **arguments,
                **_without(settings, _OF_THE_WAIT),
            )
            self.last[job.key] = BatchJobOperator(
                task_id=WAIT_TASK,
                adopt=self._submits[job.key].output,
                depends_on=_order_of_children(job),
                **arguments,
                **_without(settings, _OF_THE_SUBMIT),
            )

    def _handed_over(self, job: PlannedJob) -> Sequence[Any]:
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

    def _put_behind(self, planned: PlannedJob | PlannedTask) -> None:
        """Let a job wait behind others, or, where Airflow owns its dependencies, be submitted behind them."""
        is_airflows = isinstance(planned, PlannedJob) and planned.is_submitted_by_own_task
        task = self._submits[planned.key] if is_airflows else self.last[planned.key]
        _connect(self.ends_of(planned), task)


def _connect(upstream: Iterable[BaseOperator], task: BaseOperator) -> None:
    """
    Draw edges as ``upstream >> task`` does.

    ``>>`` looks at every task of the DAG for each edge, which would take the larger part of the
    time that a DAG of a thousand tasks takes.
    """
    for other in upstream:
        other.downstream_task_ids.add(task.task_id)
        task.upstream_task_ids.add(other.task_id)


def _order_of_children(job: PlannedJob) -> list[dict[str, str]]:
    """Say what stays of a job's dependencies when its own task submits it, behind all others."""
    return [{"type": str(each.type)} for each in job.depends_on if each.job_key is None]


def _without(arguments: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}
