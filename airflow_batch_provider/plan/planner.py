"""Plan the submission of a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import Any, Final, Protocol, TypeVar

from airflow_batch_provider.batch.arrays import with_slice
from airflow_batch_provider.plan.digest import plan_digest
from airflow_batch_provider.plan.expansion import Member, members_of
from airflow_batch_provider.plan.model import PlannedJob, PlannedTask, WorkflowPlan
from airflow_batch_provider.plan.ownership import Owners, connection_of, owned_by_airflow
from airflow_batch_provider.spec.models import (
    CALLBACKS,
    Job,
    JobTaskSettings,
    PythonTask,
    TaskSettings,
    Workflow,
)
from airflow_batch_provider.spec.requests.submission import definition_in_place, submit_request

_OBJECTS: Final = frozenset({*CALLBACKS, "executor_config", "weight_rule"})
"""Settings that can hold Python objects in a spec in Python."""


def plan_workflow(
    workflow: Workflow, *, default_args: Mapping[str, Any] | None = None, heeds_gates: bool = True
) -> WorkflowPlan:
    """
    Split large arrays, order the jobs topologically, and decide who owns each dependency.

    :param default_args: the operator arguments of every task that has none of its own; those of the spec by
        default.
    :param heeds_gates: False plans a run without Airflow, where no setting of a task holds a job back.
    """
    if default_args is None:
        default_args = workflow.airflow.default_args or {}
    members = submission_order(members_of(workflow, default_args))
    owners = Owners(members, workflow.submission, workflow.connection, heeds_gates=heeds_gates)
    plan = WorkflowPlan(
        workflow=workflow.workflow,
        description=workflow.description,
        submission_mode=workflow.submission,
        airflow=workflow.airflow,
        connection=workflow.connection,
        jobs=tuple(
            _planned_job(workflow, member, member.written, owners)
            for member in members
            if isinstance(member.written, Job)
        ),
        tasks=tuple(
            _planned_task(member, member.written)
            for member in members
            if isinstance(member.written, PythonTask)
        ),
        alerts=workflow.alerts,
        backfill=workflow.backfill,
    )
    return replace(plan, digest=plan_digest(plan))


class _Ordered(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def upstream_keys(self) -> Sequence[str]: ...


_M = TypeVar("_M", bound=_Ordered)


def in_key_order(plan: WorkflowPlan) -> WorkflowPlan:
    """Return the plan that results if the author writes the jobs and tasks in the order of their keys."""
    members = submission_order(sorted(plan.members, key=lambda member: member.key))
    return replace(
        plan,
        jobs=tuple(member for member in members if isinstance(member, PlannedJob)),
        tasks=tuple(member for member in members if isinstance(member, PlannedTask)),
    )


def submission_order(members: Sequence[_M]) -> list[_M]:
    """Order topologically; members without an order between them keep the author's order."""
    # Kahn's algorithm (A. B. Kahn, "Topological sorting of large networks",
    # Communications of the ACM 5, 1962) with a heap as its queue: of all
    # members that are ready, the first in the author's order comes next.
    place = {member.key: index for index, member in enumerate(members)}
    sorter = TopologicalSorter({member.key: member.upstream_keys for member in members})
    sorter.prepare()
    ready = [place[key] for key in sorter.get_ready()]
    heapify(ready)
    ordered: list[_M] = []
    while ready:
        member = members[heappop(ready)]
        ordered.append(member)
        sorter.done(member.key)
        for freed in sorter.get_ready():
            heappush(ready, place[freed])
    return ordered


def _planned_job(workflow: Workflow, member: Member, job: Job, owners: Owners) -> PlannedJob:
    request = submit_request(job, workflow.workflow, definition_in_place(job, workflow))
    if member.array_slice is not None and member.array_slice.size > 1:
        request = with_slice(request, member.array_slice)
    ownership = owners.of(member, request)
    return PlannedJob(
        key=member.key,
        request=request,
        depends_on=ownership.depends_on,
        submitted_with=ownership.submitted_with,
        connection=connection_of(job, workflow.connection),
        part_of=member.written_key if member.key != member.written_key else None,
        task_settings=_task_settings(job),
        gates=tuple(str(gate) for gate in member.gates),
        is_deferrable=member.settings.get("deferrable"),
        own_reason=ownership.own_reason,
    )


def _planned_task(member: Member, task: PythonTask) -> PlannedTask:
    return PlannedTask(
        key=member.key,
        python=task.python,
        arguments=task.arguments or {},
        depends_on=owned_by_airflow(member),
        task_settings=_task_settings(task),
    )


def _task_settings(written: TaskSettings) -> dict[str, Any]:
    plain = set(JobTaskSettings.model_fields) - _OBJECTS
    settings = written.model_dump(mode="json", include=plain, exclude_none=True)
    objects = {name: getattr(written, name) for name in sorted(_OBJECTS)}
    return {**settings, **{name: value for name, value in objects.items() if value is not None}}
