"""Create the tasks of a DAG from a plan, in both submission modes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from airflow.sdk import BaseOperator, TaskGroup

from airflow_batch_provider.dag.documentation import document_tasks, shows_spec
from airflow_batch_provider.dag.task_builder import TaskBuilder, sequential_dependencies
from airflow_batch_provider.handover import PublishedJob, chain_key
from airflow_batch_provider.operators.job import BatchJobOperator
from airflow_batch_provider.operators.job_chain import BatchJobChainOperator
from airflow_batch_provider.operators.submit_job import BatchSubmitJobOperator
from airflow_batch_provider.operators.submit_workflow import BatchSubmitWorkflowOperator
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, PlannedTask, WorkflowPlan
from airflow_batch_provider.spec.models import (
    SUBMIT_TASK,
    WAIT_TASK,
    WORKER_SETTINGS,
    JobTaskSettings,
    SubmissionMode,
    TaskSettings,
    TriggerRule,
)

_WAIT_ARGUMENTS: Final = frozenset(
    {
        "execution_timeout",
        "on_skipped_callback",
        "on_success_callback",
        "outlets",
        *(JobTaskSettings.model_fields.keys() - TaskSettings.model_fields.keys()),
    }
)
_SUBMIT_ARGUMENTS: Final = frozenset({"on_execute_callback", "trigger_rule"})
_WITHOUT_GATES: Final = {
    "depends_on_past": False,
    "wait_for_downstream": False,
    "trigger_rule": str(TriggerRule.ALL_SUCCESS),
}
"""What the ``submit`` task must not take from ``default_args``: the jobs that it submits have none of it."""


def add_tasks(plan: WorkflowPlan, prefix: str, *, only: str | None = None) -> None:
    """
    Add a plan's tasks to the current DAG or task group.

    :param prefix: the prefix that Airflow adds to their task IDs.
    :param only: the ID of the one task to add, together with the tasks that it needs; None for all.
    """
    builder = _PerJob if plan.submission_mode is SubmissionMode.PER_JOB else _AtOnce
    building = builder(plan, prefix)
    building.build(only)
    shows_plan = shows_spec(plan.airflow)
    for planned in plan.members:
        document_tasks(building.tasks_of(planned.key), planned, shows_plan=shows_plan)
    for task in building.followers:
        task.close_upstream(building.remedy)


class _AtOnce(TaskBuilder):
    """One task submits all jobs that AWS Batch can order; each job has a task that follows it."""

    remedy = "set 'submitted_by: own_task' on job '{}' in the spec"

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
        submit = BatchSubmitWorkflowOperator(
            task_id=SUBMIT_TASK,
            plan=self.plan,
            spec_digest=self.plan.digest,
            **self.backfill_arguments,
            **connection,
            **_WITHOUT_GATES,
            **_shared_worker_settings(self.plan.first_submission),
        )
        # A failed call costs a retry where the jobs' tasks have some, not the run.
        of_jobs = [job.task_settings.get("retries") or 0 for job in self.plan.first_submission]
        submit.retries = max(submit.retries or 0, *of_jobs)
        return submit

    def _job_task(self, job: PlannedJob) -> BaseOperator:
        if not job.is_submitted_by_own_task:
            return self.following_task(job, self._published(job))
        if chain := self.plan.chain_of(job.key):
            return self.own_task(job, BatchJobChainOperator, head_key=job.key, chain=chain)
        return self.own_task(job)

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


class _PerJob(TaskBuilder):
    """
    Two tasks for each job; each ``submit`` task passes its job ID as an XCom to the downstream ones.

    Where Airflow's limits hold until the job has ended, one task submits the job and follows it.
    """

    remedy = "put it upstream of task '{}.submit' instead"

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

    def tasks_of(self, key: str) -> list[BaseOperator]:
        submits = [self._submits[key]] if key in self._submits else []
        return [*submits, *super().tasks_of(key)]

    def _needed_for(self, only: str | None) -> set[str] | None:
        """Return the jobs whose tasks are needed, because a ``submit`` task takes job IDs from others."""
        if only is None:
            return None
        keys = {job.key for job in self.plan.jobs}
        key = only if only in keys else only.rpartition(".")[0]
        return {key} | {
            each.job_key
            for job in self.plan.jobs
            if job.key == key
            for each in job.batch_dependencies
            if each.job_key is not None
        }

    def _add_job(self, job: PlannedJob) -> None:
        if job.is_held_until_end:
            self.last[job.key] = self.own_task(job)
            return
        arguments = {**self.arguments_of(job), "job_key": self.prefix + job.key}
        settings = self.settings_of(job)
        parent = self.group_of(job)
        with TaskGroup(
            job.key.rpartition(".")[2],
            group_display_name=settings.pop("task_display_name", ""),
            tooltip=job.task_settings.get("description", ""),
            **({"parent_group": parent["task_group"]} if parent else {}),
        ):
            submit = BatchSubmitJobOperator(
                task_id=SUBMIT_TASK,
                depends_on=self._job_id_arguments(job),
                do_xcom_push=True,  # also against `default_args`: `wait` needs the job ID
                **arguments,
                **_without(settings, _WAIT_ARGUMENTS),
            )
            wait = BatchJobOperator(
                task_id=WAIT_TASK,
                adopt=submit.output,
                depends_on=sequential_dependencies(job),
                **self.dependent_queues_of(job),
                **arguments,
                **_without(settings, _SUBMIT_ARGUMENTS),
                trigger_rule=str(TriggerRule.ALL_SUCCESS),
            )
            self.followers.append(wait)
        for task in (submit, wait):
            task.use_plan(job)
        submit.is_planned = True
        submit.upstream_that_may_skip = self._upstream_that_may_skip(job)
        wait.has_dependent_jobs = job.key in self.jobs_with_dependents
        self._submits[job.key], self.last[job.key] = submit, wait

    def _upstream_that_may_skip(self, job: PlannedJob) -> tuple[str, ...]:
        tasks = [self.last[each.job_key] for each in job.batch_dependencies if each.job_key in self._submits]
        return tuple(
            task.task_id for task in tasks if isinstance(task, BatchJobOperator) and task.end_policy.may_skip
        )

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
        end = self.last[planned.key]
        upstream = self.ends_of(planned)
        if not isinstance(planned, PlannedJob) or not planned.is_submitted_by_own_task:
            _connect(upstream, end)
            return
        _connect(upstream, self._submits.get(planned.key, end))
        # Airflow looks only at the tasks directly after a task with
        # `wait_for_downstream`, and `submit` succeeds before its job.
        _connect([task for task in upstream if task.wait_for_downstream], end)


def _shared_worker_settings(jobs: Sequence[PlannedJob]) -> dict[str, Any]:
    """Return where the tasks of all these jobs run, if they agree; for the task that submits the jobs."""
    first, *others = (job.task_settings for job in jobs)
    return {
        name: first[name]
        for name in WORKER_SETTINGS
        if name in first and all(other.get(name) == first[name] for other in others)
    }


def _connect(upstream: Iterable[BaseOperator], task: BaseOperator) -> None:
    """
    Add edges as ``upstream >> task`` does.

    ``>>`` checks every task of the DAG for each edge. In a DAG of 1,000 tasks, that would take most of
    the parse time.
    """
    for other in upstream:
        other.downstream_task_ids.add(task.task_id)
        task.upstream_task_ids.add(other.task_id)


def _without(arguments: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in names}
