"""Hash the meaning of a plan."""

from __future__ import annotations

import json
from hashlib import sha256
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, PlannedTask, WorkflowPlan

_LENGTH = 16


def plan_digest(plan: WorkflowPlan) -> str:
    """
    Return a hash of what a plan means, independent of how its spec is written.

    The order of jobs, dependencies, keys and variables, formatting, comments and explicit defaults do not
    change it. A Python object counts by its type, because its text may change with every parse.
    """
    meaning = {
        "workflow": plan.workflow,
        "description": plan.description,
        "arrangement": plan.submission_mode,  # another key would give every DAG a new version
        "airflow": plan.airflow.model_dump(exclude_defaults=True),
        "jobs": sorted((_job(job) for job in plan.jobs), key=lambda job: str(job["key"])),
        "tasks": sorted((_task(task) for task in plan.tasks), key=lambda task: str(task["key"])),
        "alerts": plan.alerts.model_dump(exclude_defaults=True),
        "backfill": plan.backfill.model_dump(exclude_defaults=True),
    }
    canonical = json.dumps(meaning, sort_keys=True, default=_as_text)
    return sha256(canonical.encode()).hexdigest()[:_LENGTH]


def _job(job: PlannedJob) -> dict[str, Any]:
    return {
        "key": job.key,
        "request": job.request,
        "depends_on": [_dependency(each) for each in job.depends_on],
        "submitted_with": job.submitted_with,
        "connection": job.connection.model_dump(exclude_unset=True),
        "task_settings": job.task_settings,
    }


def _task(task: PlannedTask) -> dict[str, Any]:
    return {
        "key": task.key,
        "python": task.python,
        "arguments": task.arguments,
        "depends_on": [_dependency(each) for each in task.depends_on],
        "task_settings": task.task_settings,
    }


def _dependency(dependency: PlannedDependency) -> list[str | None]:
    return [dependency.job_key, dependency.type, dependency.owner]


def _as_text(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return repr(sorted(map(repr, value)))  # the order of a set differs between processes
    if isinstance(value, FunctionType):
        return f"{value.__module__}.{value.__qualname__}"  # its repr contains its address
    is_plain = type(value).__module__ in ("builtins", "datetime")
    return repr(value) if is_plain else f"{type(value).__module__}.{type(value).__qualname__}"
