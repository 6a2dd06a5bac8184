"""How the task that submits a workflow hands job ids on to the tasks that follow the jobs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from airflow_batch_provider.errors import JobNotPublishedError, SubmissionRejectedError
from airflow_batch_provider.submission import Submission

_REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class PublishedJob:
    """
    A job id that another task publishes as XCom, without an edge to that task in the DAG.

    Airflow resolves it when it renders the task's fields. Where an edge is wanted,
    ``task.output`` does the same.

    :param task_id: the task that publishes.
    :param key: the XCom's key; the job key.
    """

    task_id: str
    key: str

    def resolve(self, context: Any) -> Any:
        """Pull what the other task published."""
        return context["ti"].xcom_pull(task_ids=self.task_id, key=self.key)

    def serialize(self) -> dict[str, str]:
        """Describe the reference for the serialized DAG."""
        return asdict(self)


def chain_key(job_key: str) -> str:
    """Name the XCom of a job that another job's task has submitted; that task has XComs of its own."""
    return f"job.{job_key}"


def published(submission: Submission) -> str | dict[str, str]:
    """Make the XCom of a submission: the job id, or why there is none."""
    return submission.job.job_id if submission.job else {_REFUSAL: submission.refusal or ""}


def adopted_job_id(value: Any, job_key: str) -> str:
    """
    Read what was published for a job.

    :raises SubmissionRejectedError: the job was not accepted.
    :raises JobNotPublishedError: nothing was published.
    """
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and _REFUSAL in value:
        raise SubmissionRejectedError(str(value[_REFUSAL]))
    text = (
        f"the task that submits job '{job_key}' has published no job id; "
        "clear that task, so that it submits the job, and this one with it"
    )
    raise JobNotPublishedError(text)
