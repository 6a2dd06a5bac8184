"""Format a plan as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_batch_provider.plan.model import (
    EdgeOwner,
    PlannedDependency,
    PlannedJob,
    PlannedTask,
    WorkflowPlan,
)
from airflow_batch_provider.plan.requests_as_json import shown_definition

_KEYS_SHOWN = 5


def plan_as_text(plan: WorkflowPlan) -> str:
    """Return the jobs in submission order, each with its definition, queue and dependencies."""
    return "\n".join(_lines(plan))


def member_as_text(planned: PlannedJob | PlannedTask) -> str:
    """Return the lines of a plan about one job or Python task, without its key."""
    return "\n".join([_describe(planned), *_describe_dependencies(planned)])


def _describe(planned: PlannedJob | PlannedTask) -> str:
    return _describe_job(planned) if isinstance(planned, PlannedJob) else f"Python task {planned.python}"


def _lines(plan: WorkflowPlan) -> Iterator[str]:
    tasks = f", {len(plan.tasks)} Python task{'s' * (len(plan.tasks) > 1)}" if plan.tasks else ""
    jobs = f"{len(plan.jobs)} job{'s' * (len(plan.jobs) != 1)}"
    yield f"workflow {plan.workflow}: {jobs}{tasks}, submission {plan.submission_mode}"
    width = max(len(planned.key) for planned in plan.members)
    for position, job in enumerate(plan.jobs, start=1):
        yield f"{position:>3}. {job.key:<{width}}  {_describe(job)}"
        yield from (f"     {'':<{width}}  {line}" for line in _describe_dependencies(job))
    for task in plan.tasks:
        yield f"   - {task.key:<{width}}  {_describe(task)}"
        yield from (f"     {'':<{width}}  {line}" for line in _describe_dependencies(task))


def _describe_job(job: PlannedJob) -> str:
    size = job.request.get("arrayProperties", {}).get("size")
    array = f"array of {size}, " if size else ""
    return f"{array}definition {shown_definition(job.request)}, queue {job.request['jobQueue']}"


def _describe_dependencies(planned: PlannedJob | PlannedTask) -> Iterator[str]:
    for each in planned.depends_on:
        if each.owner is EdgeOwner.BATCH:
            yield f"after {_describe_upstream(each)}"
    others = [each for each in planned.depends_on if each.owner is not EdgeOwner.BATCH]
    for owner, reason in dict.fromkeys((each.owner, each.reason) for each in others):
        same_reason = [each for each in others if (each.owner, each.reason) == (owner, reason)]
        who = "implied" if owner is EdgeOwner.IMPLIED else "Airflow"
        yield f"after {_join_keys(same_reason)} ({who}: {reason})"
    if isinstance(planned, PlannedJob) and planned.submitted_with is not None:
        yield _describe_submission(planned)


def _describe_submission(job: PlannedJob) -> str:
    if not job.is_submitted_by_own_task:
        return f"submitted together with {job.submitted_with}"
    # A job with upstream jobs shows the reason next to them.
    reason = f": {job.own_reason}" if job.own_reason and not job.upstream_keys else ""
    return f"submitted by its own task{reason}"


def _describe_upstream(dependency: PlannedDependency) -> str:
    if dependency.job_key is None:
        return "its own previous child (SEQUENTIAL)"
    return (
        f"{dependency.job_key} ({dependency.type}, child by child)" if dependency.type else dependency.job_key
    )


def _join_keys(same_reason: Sequence[PlannedDependency]) -> str:
    keys = [str(each.job_key) for each in same_reason]
    if len(keys) <= _KEYS_SHOWN:
        return ", ".join(keys)
    return f"{', '.join(keys[:_KEYS_SHOWN])} and {len(keys) - _KEYS_SHOWN} more"
