"""E412: the label of a job, which becomes part of its name."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_batch_provider import limits
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.subjects import jobs
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.values import is_template


@rule("E412")
def names(workflow: Workflow) -> Iterator[Violation]:
    """Labels, job queues, job definitions and share identifiers have names that AWS Batch accepts."""
    for subject in jobs(workflow):
        label = subject.get("job_label")
        if isinstance(label, str) and not is_template(label) and not limits.JOB_NAME_PART.fullmatch(label):
            text = f"{subject.name} has the job_label '{label}'; use up to 128 letters, digits, '-' and '_'"
            yield Violation("E412", (*subject.path, "job_label"), text)
