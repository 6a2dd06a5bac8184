"""A plan as JSON: every SubmitJob request, and every dependency with its owner."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.batch.arrays import ArraySlice, with_slice
from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.batch.request import (
    JOB_LABEL,
    JobDependency,
    complete_registration,
    dependencies_of_single_child,
)
from airflow_batch_provider.spec.models import SubmissionMode
from airflow_batch_provider.spec.values import has_template

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, PlannedTask, WorkflowPlan


def plan_as_json(plan: WorkflowPlan) -> str:
    """
    Return a plan as JSON.

    ``<id of job>``, ``<name of job>`` and ``<hash>`` are placeholders for values that the run determines.
    """
    document = {
        "workflow": plan.workflow,
        "submission": plan.submission_mode,
        "jobs": [
            {
                "job": job.key,
                "submitted_by": submitting_task(plan, job),
                **({"why": job.own_reason} if job.own_reason else {}),
                "request": request_with_placeholders(job),
                "dependencies": _dependencies(job.depends_on),
            }
            for job in plan.jobs
        ],
        "tasks": [_task(task) for task in plan.tasks],
        "job_definitions": _registrations(plan.jobs),
    }
    return json.dumps(
        {name: value for name, value in document.items() if value != []}, indent=2, ensure_ascii=False
    )


def submitting_task(plan: WorkflowPlan, job: PlannedJob) -> str:
    """Return the ID of the task that submits a job."""
    if plan.submission_mode is SubmissionMode.PER_JOB and not job.is_held_until_end:
        return f"{job.key}.submit"
    return job.submitted_with or "submit"


def shown_definition(request: Mapping[str, Any]) -> str:
    """Return the name of a request's job definition; it contains ``<hash>`` if its content has templates."""
    definition = request["jobDefinition"]
    if not isinstance(definition, Mapping):
        return str(definition)
    if has_template(definition):
        return f"{definition['jobDefinitionName']}-<hash>"
    return definition_name(complete_registration(definition, job_key=""))


def request_with_placeholders(job: PlannedJob) -> dict[str, Any]:
    """Return the request of a job with placeholders for what only the run determines."""
    depends_on = [_entry(each) for each in job.batch_dependencies]
    label = job.request.get(JOB_LABEL)
    members = {name: value for name, value in job.request.items() if name != JOB_LABEL}
    request = {
        "jobName": f"<name of {job.key}>" + (f"-{label}" if label else ""),
        **members,
        "jobDefinition": shown_definition(job.request),
    }
    if request.get("arrayProperties") == {"size": 1}:
        request = with_slice(request, ArraySlice(0, 1, 1))
        depends_on = dependencies_of_single_child(depends_on)
    return {**request, "dependsOn": [each.to_aws() for each in depends_on]} if depends_on else request


def _entry(dependency: PlannedDependency) -> JobDependency:
    job_id = f"<id of {dependency.job_key}>" if dependency.job_key is not None else None
    return JobDependency(job_id, dependency.type)


def _task(task: PlannedTask) -> dict[str, Any]:
    return {
        "task": task.key,
        "python": task.python,
        "arguments": task.arguments,
        "dependencies": _dependencies(task.depends_on),
    }


def _dependencies(depends_on: Iterable[PlannedDependency]) -> list[dict[str, Any]]:
    return [
        {"job": each.job_key, "type": each.type, "owner": each.owner, "why": each.reason}
        for each in depends_on
    ]


def _registrations(jobs: Iterable[PlannedJob]) -> dict[str, Any] | list[Any]:
    inline = {
        shown_definition(job.request): job.request["jobDefinition"]
        for job in jobs
        if isinstance(job.request["jobDefinition"], Mapping)
    }
    return {name: {**registration, "jobDefinitionName": name} for name, registration in inline.items()} or []
