"""The plan for people and for machines."""

from __future__ import annotations

import json
from typing import Any

from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob, WorkflowPlan


def plan_as_text(plan: WorkflowPlan) -> str:
    """List the jobs in the order of their submission, each with what it runs on and waits for."""
    lines = [f"workflow {plan.workflow}: {len(plan.jobs)} jobs, submission {plan.arrangement}"]
    width = max(len(job.key) for job in plan.jobs)
    for place, job in enumerate(plan.jobs, start=1):
        lines.append(f"{place:>3}. {job.key:<{width}}  {_what(job)}")
        lines.extend(f"     {'':<{width}}  after {_after(dependency)}" for dependency in job.depends_on)
    return "\n".join(lines)


def plan_as_json(plan: WorkflowPlan) -> str:
    """Write every SubmitJob request; ``<id of job>`` and ``<name>`` stand for what the run will give."""
    jobs = [{"job": job.key, "request": _with_placeholders(job)} for job in plan.jobs]
    document = {"workflow": plan.workflow, "submission": plan.arrangement, "jobs": jobs}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _what(job: PlannedJob) -> str:
    size = job.request.get("arrayProperties", {}).get("size")
    array = f"array of {size}, " if size else ""
    return f"{array}definition {job.request['jobDefinition']}, queue {job.request['jobQueue']}"


def _after(dependency: PlannedDependency) -> str:
    if dependency.job_key is None:
        return "its own previous child (SEQUENTIAL)"
    return (
        f"{dependency.job_key} ({dependency.type}, child by child)" if dependency.type else dependency.job_key
    )


def _with_placeholders(job: PlannedJob) -> dict[str, Any]:
    depends_on = []
    for dependency in job.depends_on:
        entry = {"jobId": f"<id of {dependency.job_key}>"} if dependency.job_key else {}
        depends_on.append({**entry, "type": str(dependency.type)} if dependency.type else entry)
    request = {"jobName": f"<name of {job.key}>", **job.request}
    return {**request, "dependsOn": depends_on} if depends_on else request
