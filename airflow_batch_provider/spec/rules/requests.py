"""E4xx, W501: what AWS Batch refuses in the requests that a workflow stands for, and secrets in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.aws_requests import (
    Refusal,
    refusals_of_registration,
    refusals_of_submission,
)
from airflow_batch_provider.batch.request import JOB_LABEL
from airflow_batch_provider.spec.models import Backfill, Job, JobDefinition, Workflow
from airflow_batch_provider.spec.requests.definition import registration
from airflow_batch_provider.spec.requests.origins import written_path
from airflow_batch_provider.spec.requests.submission import definition_in_place, submit_request
from airflow_batch_provider.spec.rules.members import without_problems
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.request_rules import ABOUT_MISSING_PARTS, REQUEST_RULES
from airflow_batch_provider.spec.rules.secrets import secrets_in_request
from airflow_batch_provider.spec.rules.subjects import Subject, subjects
from airflow_batch_provider.spec.rules.violation import Violation

_NOT_SENT: Final = frozenset({JOB_LABEL, "arrayProperties"})
"""The label becomes part of the name, and the plan splits arrays, so that AWS Batch accepts their size."""


@dataclass(frozen=True, slots=True)
class _Composed:
    """
    A request that a subject stands for.

    :param written: the job or job definition that the request was composed from.
    :param is_whole: whether no value of a wrong type was left out.
    """

    subject: Subject
    written: Job | JobDefinition
    request: Mapping[str, Any]
    is_whole: bool

    def trace(self, refusal: Refusal) -> Violation:
        below = written_path(self.written, self.request, refusal.path)
        is_in_list = len(below) > 1 and isinstance(below[-2], int)
        is_job_itself = not below and isinstance(self.written, Job)
        what = f"{refusal.part} of {self.subject.name}" if refusal.part else self.subject.name
        return Violation(
            refusal.rule,
            (*self.subject.path, *below),
            f"{what} {refusal.text}",
            at_key=is_job_itself or (refusal.at_key and not is_in_list),
        )


@rule(*REQUEST_RULES, "W501", need_whole_spec=ABOUT_MISSING_PARTS)
def requests(workflow: Workflow) -> Iterator[Violation]:
    """Check the composed requests of all jobs and job definitions, as AWS Batch does."""
    for subject in subjects(workflow):
        if isinstance(subject.members, JobDefinition):
            composed = _registration(subject)
            refusals = refusals_of_registration(composed.request)
        else:
            composed, definition = _submission(subject, workflow)
            refusals = refusals_of_submission(composed.request, definition)
        for refusal in refusals:
            if composed.is_whole or refusal.rule not in ABOUT_MISSING_PARTS:
                yield composed.trace(refusal)
        yield from _secrets(composed)


def _registration(subject: Subject) -> _Composed:
    definition, is_whole = without_problems(subject.members)
    request = registration(definition, str(subject.path[-1]))
    if not _is_resource(subject):
        del request["jobDefinitionName"]  # the family of a name that is made of the content
    return _Composed(subject, definition, request, is_whole)


def _submission(subject: Subject, workflow: Workflow) -> tuple[_Composed, Mapping[str, Any] | None]:
    """Return the composed request of a job, and that of its job definition, if the spec contains it."""
    written = subject.members
    if isinstance(written, Backfill):
        written = Job(**written.model_dump(exclude_none=True, exclude={"max_active_runs"}))
    job, is_whole = without_problems(written)
    defined = definition_in_place(job, workflow)
    definition, is_whole_too = without_problems(defined) if defined else (None, True)
    if isinstance(job.job_definition, JobDefinition):
        job = job.model_copy(update={"job_definition": None})
    request = submit_request(job, definition=definition)
    sent = {name: value for name, value in request.items() if name not in _NOT_SENT}
    composed = _Composed(subject, job, sent, is_whole and is_whole_too)
    return composed, registration(definition, "") if definition else None


def _secrets(composed: _Composed) -> Iterator[Violation]:
    """Yield the secrets that ``templates`` does not find in the short forms and values of jobs."""
    for refusal, is_secret_by_value in secrets_in_request(composed.request):
        violation = composed.trace(refusal)
        is_in_full = violation.path[-1] == "value"
        if _is_resource(composed.subject) or (is_in_full and not is_secret_by_value):
            yield violation


def _is_resource(subject: Subject) -> bool:
    return subject.path[0] == "resources"
