"""What an alert says: what has ended how, why, in which run, and where the log is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from airflow_batch_provider.handover import JOB_ID_XCOM

if TYPE_CHECKING:
    from airflow.sdk import Context

SUBJECT_LENGTH_MAX: Final = 99
"""SNS takes subjects of fewer than 100 ASCII characters in one line."""

_REASONS: Final = {
    "timed_out": "it took longer than its dagrun_timeout",
    "all_tasks_deadlocked": "none of its tasks can go on",
}
"""Why a run can fail although none of its tasks has."""


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """
    What an alert's templates know as ``alert``.

    :param subject: one line.
    :param message: the whole text.
    """

    subject: str
    message: str
    workflow: str
    run_id: str
    reason: str = ""
    job: str = ""
    job_id: str = ""
    log_url: str = ""


def of_failed_task(context: Context) -> AlertMessage:
    """Say which job has failed, and why; the exception of its task is the reason."""
    ti: Any = context["ti"]
    job = str(getattr(ti.task, "job_key", None) or ti.task_id)
    reason = str(context.get("exception") or "its task failed without saying why").strip()
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
        message=_text(headline, facts),
        workflow=ti.dag_id,
        run_id=ti.run_id,
        reason=reason,
        job=job,
        job_id=job_id,
        log_url=ti.log_url,
    )


def of_failed_run(context: Context) -> AlertMessage | None:
    """Say why a run has failed; None where a job has, since that has been told."""
    reason = _REASONS.get(str(context.get("reason")))
    return _of_run(context, "failed", reason) if reason else None


def of_successful_run(context: Context) -> AlertMessage:
    """Say that a run has succeeded."""
    return _of_run(context, "succeeded", "")


def _of_run(context: Context, how: str, reason: str) -> AlertMessage:
    dag_id, run_id = context["dag"].dag_id, str(context["run_id"])
    url = _run_url(dag_id, run_id)
    return AlertMessage(
        subject=_one_line(f"{dag_id}: run {how}"),
        message=_text(
            f"A run of workflow '{dag_id}' {how}", {"Reason": reason, "Run": run_id, "Tasks and logs": url}
        ),
        workflow=dag_id,
        run_id=run_id,
        reason=reason,
        log_url=url,
    )


def _text(headline: str, facts: dict[str, str]) -> str:
    return "\n".join([f"{headline}.", "", *(f"{name}: {fact}" for name, fact in facts.items() if fact)])


def _one_line(subject: str) -> str:
    plain = subject.encode("ascii", "replace").decode()
    return plain if len(plain) <= SUBJECT_LENGTH_MAX else f"{plain[: SUBJECT_LENGTH_MAX - 3]}..."


def _published_job_id(ti: Any) -> str:
    """Read which job the task has followed; a task that had none to follow has published none."""
    published = ti.xcom_pull(task_ids=ti.task_id, key=JOB_ID_XCOM)
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
