"""W516 to W518, W521 to W523: Airflow settings that do not affect what their author probably expects."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider import limits
from airflow_batch_provider.spec.gates import Gate, gates_of, start_settings, trigger_rule_of
from airflow_batch_provider.spec.models import (
    WORKER_SETTINGS,
    SubmissionMode,
    TaskSettings,
    TriggerRule,
    Workflow,
)
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
    """`start_in_triggerer` has no effect on a job that its own task submits, or whose task needs a worker."""
    default_args = workflow.airflow.default_args or {}
    for key, job in workflow.jobs.items():
        settings = {**default_args, **start_settings(job)}
        needs_worker = [
            name for name in _start_in_worker(workflow) if getattr(job, name) or default_args.get(name)
        ]
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
        elif job.start_in_triggerer and needs_worker:
            text = (
                f"start_in_triggerer has no effect on job '{key}': with {needs_worker[0]}, its task starts "
                "in a worker; remove one of the two"
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


@rule("W521")
def workers_without_work(workflow: Workflow) -> Iterator[Violation]:
    """`queue`, `executor` and other settings of workers do not apply to a task's start in the triggerer."""
    for key, job in workflow.jobs.items():
        for name in WORKER_SETTINGS if job.start_in_triggerer else ():
            if getattr(job, name):
                text = (
                    f"{name} of job '{key}' applies only to retries and to the end of a failed job: with "
                    "start_in_triggerer, its task starts without a worker; remove one of the two"
                )
                yield Violation("W521", ("jobs", key, name), text, at_key=True)


@rule("W522")
def delays_without_growth(workflow: Workflow) -> Iterator[Violation]:
    """`max_retry_delay` limits a delay that grows, with `retry_exponential_backoff`."""
    default_args = workflow.airflow.default_args or {}
    written: list[tuple[str, str, TaskSettings]] = [
        *(("jobs", key, job) for key, job in workflow.jobs.items()),
        *(("tasks", key, task) for key, task in workflow.tasks.items()),
    ]
    for section, key, one in written:
        backoff = one.retry_exponential_backoff
        if backoff is None:
            backoff = default_args.get("retry_exponential_backoff")
        if one.max_retry_delay is not None and not backoff:
            text = (
                f"max_retry_delay of {section[:-1]} '{key}' has no effect: its retry_delay does not grow; "
                "add 'retry_exponential_backoff: true' or remove it"
            )
            yield Violation("W522", (section, key, "max_retry_delay"), text, at_key=True)


@rule("W523")
def queues_of_workers(workflow: Workflow) -> Iterator[Violation]:
    """`queue` is a queue of Airflow's workers; the queue in AWS Batch is `job_queue`."""
    job_queues = {*workflow.resources.job_queues, *(job.job_queue for job in workflow.jobs.values())}
    for key, job in workflow.jobs.items():
        if job.queue is not None and job.queue in job_queues:
            text = (
                f"queue of job '{key}' is '{job.queue}', a job queue of AWS Batch, but 'queue' is a queue of "
                "Airflow's workers; write job_queue"
            )
            yield Violation("W523", ("jobs", key, "queue"), text, at_key=True)


def _start_in_worker(workflow: Workflow) -> list[str]:
    """Return what Airflow does in a worker when the task starts that follows a job."""
    # With `per_job`, the callback belongs to the task that submits the job.
    callback = ["on_execute_callback"] if workflow.submission is SubmissionMode.AT_ONCE else []
    return [*callback, "map_index_template"]
