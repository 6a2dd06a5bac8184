"""W516, W517, W518: Airflow settings that do not limit what their author probably wants to limit."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider import limits
from airflow_batch_provider.spec.gates import Gate, gates_of, start_settings, trigger_rule_of
from airflow_batch_provider.spec.models import TriggerRule, Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.violation import Violation


@rule("W516")
def limits_of_tasks(workflow: Workflow) -> Iterator[Violation]:
    """`max_active_tasks` limits Airflow's tasks, not the jobs that AWS Batch starts."""
    limit = workflow.airflow.max_active_tasks
    if limit is not None and limit < len(workflow.jobs):
        text = (
            f"max_active_tasks is {limit}, but the workflow has {len(workflow.jobs):,} jobs, which AWS Batch "
            "starts without a task; to limit running jobs, put them into a 'pool'"
        )
        yield Violation("W516", ("airflow", "max_active_tasks"), text)


@rule("W517")
def starts_in_triggerer(workflow: Workflow) -> Iterator[Violation]:
    """`start_in_triggerer` has no effect on a job that its own task submits."""
    default_args = workflow.airflow.default_args or {}
    for key, job in workflow.jobs.items():
        settings = {**default_args, **start_settings(job)}
        reasons: list[str] = [*gates_of(settings)]
        if trigger_rule_of(settings) != TriggerRule.ALL_SUCCESS:
            reasons.append("trigger_rule")
        if job.submitted_by is not None:
            reasons.append("submitted_by")
        if job.start_in_triggerer and reasons:
            text = (
                f"start_in_triggerer has no effect on job '{key}': with {reasons[0]}, its task submits the "
                "job in a worker; remove one of the two"
            )
            yield Violation("W517", ("jobs", key, "start_in_triggerer"), text, at_key=True)


@rule("W518")
def limits_of_slices(workflow: Workflow) -> Iterator[Violation]:
    """An array of more than 10,000 children has no setting that holds only single tasks back."""
    default_args = workflow.airflow.default_args or {}
    for key, job in workflow.jobs.items():
        gates = [gate for gate in gates_of({**default_args, **start_settings(job)}) if gate is not Gate.POOL]
        if gates and isinstance(job.array_size, int) and job.array_size > limits.ARRAY_SIZE_MAX:
            text = (
                f"{gates[0]} of job '{key}' applies to each of the array jobs into which its "
                f"{job.array_size:,} children are split; use up to {limits.ARRAY_SIZE_MAX:,} children, or a "
                "'pool'"
            )
            yield Violation("W518", ("jobs", key, "array_size"), text)
