"""Compose alerts: what failed or succeeded, why, in which run, and links to the logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from airflow_batch_provider.handover import JOB_ID_XCOM, map_index_of

if TYPE_CHECKING:
    from airflow.sdk import Context

SUBJECT_LENGTH_MAX: Final = 99
"""Amazon SNS accepts subjects of fewer than 100 ASCII characters, without line breaks."""

_RUN_FAILURE_REASONS: Final = {
    "timed_out": "the run exceeded its dagrun_timeout",
    "all_tasks_deadlocked": "the remaining tasks can never run (deadlock)",
}
"""Airflow's reasons for which a run fails without a failed task."""


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """
    The variable ``alert`` in the templates of a notifier.

    :param subject: one line of ASCII characters.
    :param message: the full text.
    """

    subject: str
    message: str
    workflow: str
    run_id: str
    reason: str = ""
    job: str = ""
    job_id: str = ""
    log_url: str = ""


def describe_failed_task(context: Context) -> AlertMessage:
    """Compose the alert for a failed task; the reason is the task's exception."""
    ti: Any = context["ti"]
    job = str(getattr(ti.task, "job_key", None) or ti.task_id)
    reason = str(context.get("exception") or "the task failed without an error message; see its log").strip()
    job_id = _published_job_id(ti)
    facts = {
        "Reason": reason,
        "Workflow": ti.dag_id,
        "Run": ti.run_id,
        "AWS Batch job": job_id,
        "Task log": ti.log_url,
        **_console_links(ti.task),
    }
    headline = f"Job '{job}' of workflow '{ti.dag_id}' failed"
    return AlertMessage(
        subject=_one_line(f"{ti.dag_id}: job '{job}' failed"),
        message=_format_message(headline, facts),
        workflow=ti.dag_id,
        run_id=ti.run_id,
        reason=reason,
        job=job,
        job_id=job_id,
        log_url=ti.log_url,
    )


def describe_failed_run(context: Context) -> AlertMessage | None:
    """Compose the alert for a failed run; None if a task failed, because the task sends its own."""
    reason = _RUN_FAILURE_REASONS.get(str(context.get("reason")))
    return _describe_run(context, "failed", reason) if reason else None


def describe_successful_run(context: Context) -> AlertMessage:
    """Compose the alert for a successful run."""
    return _describe_run(context, "succeeded", "")


def _describe_run(context: Context, outcome: str, reason: str) -> AlertMessage:
    dag_id, run_id = context["dag"].dag_id, str(context["run_id"])
    url = _run_url(dag_id, run_id)
    return AlertMessage(
        subject=_one_line(f"{dag_id}: run {outcome}"),
        message=_format_message(
            f"A run of workflow '{dag_id}' {outcome}",
            {"Reason": reason, "Run": run_id, "Tasks and logs": url},
        ),
        workflow=dag_id,
        run_id=run_id,
        reason=reason,
        log_url=url,
    )


def _format_message(headline: str, facts: dict[str, str]) -> str:
    return "\n".join([f"{headline}.", "", *(f"{name}: {fact}" for name, fact in facts.items() if fact)])


def _one_line(subject: str) -> str:
    plain = subject.encode("ascii", "replace").decode()
    return plain if len(plain) <= SUBJECT_LENGTH_MAX else f"{plain[: SUBJECT_LENGTH_MAX - 3]}..."


def _published_job_id(ti: Any) -> str:
    """Return the job id that the task has published; empty if it never had a job."""
    published = ti.xcom_pull(task_ids=ti.task_id, key=JOB_ID_XCOM, map_indexes=map_index_of(ti))
    return published if isinstance(published, str) else ""


def _console_links(task: Any) -> dict[str, str]:
    reference = getattr(task, "console_reference", None)
    if reference is None:
        return {}
    return {link.name: link.url(reference) for link in task.operator_extra_links}


def _run_url(dag_id: str, run_id: str) -> str:
    from airflow.providers.common.compat.sdk import conf

    base = conf.get("api", "base_url", fallback="http://localhost:8080/").rstrip("/")
    return f"{base}/dags/{dag_id}/runs/{quote(run_id)}"
