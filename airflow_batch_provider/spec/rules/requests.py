"""E4xx, W501: what AWS Batch refuses in the requests that a workflow stands for, and secrets in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.aws_requests import (
    Refusal,
    refusals_of_registration,
    refusals_of_submission,
)
from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.batch.request import JOB_LABEL
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.models import Backfill, Job, JobDefinition, Workflow
from airflow_batch_provider.spec.requests.definition import registration
from airflow_batch_provider.spec.requests.origins import written_path
from airflow_batch_provider.spec.requests.submission import definition_in_place, submit_request
from airflow_batch_provider.spec.rules.members import has_full_members, without_problems
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.request_rules import ABOUT_MISSING_PARTS, REQUEST_RULES
from airflow_batch_provider.spec.rules.secrets import secrets_in_request
from airflow_batch_provider.spec.rules.subjects import Subject, jobs, subjects
from airflow_batch_provider.spec.rules.violation import Violation

_ABOUT_PLATFORM: Final = frozenset({"E413", "E421"})
_MISSING_IN_JOB: Final[Mapping[str, tuple[str, ...]]] = {
    "E413": ("job_definition",),
    "E417": ("attempts", "retry_strategy"),
    "E421": ("job_definition",),
    "E426": ("job_definition",),
    "E427": ("job_definition", "parameters", "command", "container_overrides", "ecs_properties_override"),
}
"""The members of a job without which a rule on its request may be violated."""


@dataclass(frozen=True, slots=True)
class _Composed:
    """
    A request, and what it was composed from.

    :param written: the job or job definition, without the values that do not match AWS's service model.
    :param is_whole: whether there were no such values.
    :param refusals: what AWS Batch refuses in the request.
    :param definition: the RegisterJobDefinition request of a job's definition, if the spec contains it.
    """

    written: Job | JobDefinition
    request: Mapping[str, Any]
    is_whole: bool
    refusals: tuple[Refusal, ...]
    definition: Mapping[str, Any] | None = None

    def violations(self, subject: Subject) -> Iterator[Violation]:
        """Yield the refusals where the author wrote what is refused."""
        for refusal in self.refusals:
            if self.is_whole or refusal.rule not in ABOUT_MISSING_PARTS:
                yield self.trace(refusal, subject)

    def trace(self, refusal: Refusal, subject: Subject) -> Violation:
        below = written_path(self.written, self.request, refusal.path)
        is_in_list = len(below) > 1 and isinstance(below[-2], int)
        is_job_itself = not below and isinstance(self.written, Job)
        what = f"{refusal.part} of {subject.name}" if refusal.part else subject.name
        return Violation(
            refusal.rule,
            (*subject.path, *below),
            f"{what} {refusal.text}",
            at_key=is_job_itself or (refusal.at_key and not is_in_list),
            missing=self._missing(refusal.rule, subject.path),
        )

    def _missing(self, rule_id: str, path: DataPath) -> tuple[DataPath, ...]:
        """Return where a value may be, if it is unknown, without which the rule is violated."""
        if isinstance(self.written, Job):
            return tuple((*path, name) for name in _MISSING_IN_JOB.get(rule_id, ()))
        if rule_id in _ABOUT_PLATFORM:
            return ((*path, "platform_capabilities"),)
        return (path,) if rule_id in ABOUT_MISSING_PARTS else ()


class _Registrations:
    """The composed registrations of a workflow. Successive jobs with equal definitions share one."""

    def __init__(self) -> None:
        self._latest: dict[str | None, tuple[JobDefinition, _Composed]] = {}

    def of(self, definition: JobDefinition, name: str | None) -> _Composed:
        """
        Return the registration of a job definition.

        :param name: its name; None if it is inline, and its name is made of its content.
        """
        latest = self._latest.get(name)
        if latest is None or (latest[0] is not definition and latest[0] != definition):
            latest = self._latest[name] = (definition, _registration(definition, name))
        return latest[1]


@rule(*REQUEST_RULES, "W501")
def requests(workflow: Workflow) -> Iterator[Violation]:
    """Check the composed requests of all jobs and job definitions, as AWS Batch does."""
    registrations = _Registrations()
    for subject in subjects(workflow):
        written = subject.members
        if isinstance(written, JobDefinition):
            composed = registrations.of(written, str(subject.path[-1]) if _is_resource(subject) else None)
        else:
            composed = _submission(_as_job(written), workflow, registrations)
        yield from composed.violations(subject)
        if _is_resource(subject) or has_full_members(written):
            yield from _secrets(composed, subject)
    if workflow.backfill.model_fields_set:
        yield from _backfill_runs(workflow, registrations)


def _backfill_runs(workflow: Workflow, registrations: _Registrations) -> Iterator[Violation]:
    """Yield what AWS Batch refuses in the requests of backfill runs alone; for the first job of each kind."""
    overrides = _submission(_as_job(workflow.backfill), workflow, registrations)
    known = {(refusal.rule, refusal.text) for refusal in overrides.refusals}
    for subject in jobs(workflow):
        composed = _submission(subject.members, workflow, registrations)
        known |= {(refusal.rule, refusal.text) for refusal in composed.refusals}
        merged = merge_overrides(composed.request, overrides.request)
        for refusal in refusals_of_submission(merged, composed.definition):
            if (refusal.rule, refusal.text) in known or not (composed.is_whole and overrides.is_whole):
                continue
            known.add((refusal.rule, refusal.text))
            below = written_path(overrides.written, overrides.request, refusal.path)
            text = f"in backfill runs, {subject.name} {refusal.text}"
            if refusal.rule == "E426":  # `backfill` has no members for other kinds of job definitions
                below = ("environment",)
                text = (
                    f"'environment' of 'backfill' sets container_overrides, which do not match the job "
                    f"definition of {subject.name}; use a param that you set in backfill runs instead"
                )
            yield Violation(refusal.rule, ("backfill", *below), text, at_key=True)


def _registration(definition: JobDefinition, name: str | None) -> _Composed:
    written, is_whole = without_problems(definition)
    request = registration(written, name or "")
    if name is None:
        del request["jobDefinitionName"]
    return _Composed(written, request, is_whole, tuple(refusals_of_registration(request)))


def _submission(written: Job, workflow: Workflow, registrations: _Registrations) -> _Composed:
    job, is_whole = without_problems(written)
    defined = definition_in_place(job, workflow)
    name = job.job_definition if isinstance(job.job_definition, str) else None
    definition = registrations.of(defined, name) if defined else None
    in_place = definition.written if definition and isinstance(definition.written, JobDefinition) else None
    if isinstance(job.job_definition, JobDefinition):
        job = job.model_copy(update={"job_definition": None})
    composed = submit_request(job, definition=in_place)
    request = _as_sent(composed)
    is_whole = is_whole and (definition is None or definition.is_whole)
    defining = definition.request if definition else None
    return _Composed(job, request, is_whole, tuple(refusals_of_submission(request, defining)), defining)


def _as_sent(composed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a request without the label, which becomes part of the name; an array as the plan splits it."""
    request = {name: value for name, value in composed.items() if name != JOB_LABEL}
    size = request.get("arrayProperties", {}).get("size")
    if isinstance(size, int):
        del request["arrayProperties"]
        if size >= limits.ARRAY_SIZE_MIN:
            request["arrayProperties"] = {"size": min(size, limits.ARRAY_SIZE_MAX)}
    return request


def _as_job(written: Job | Backfill) -> Job:
    """Return a job, or the overrides of backfill runs as a job."""
    if isinstance(written, Job):
        return written
    return Job(**written.model_dump(exclude_none=True, exclude={"max_active_runs"}))


def _secrets(composed: _Composed, subject: Subject) -> Iterator[Violation]:
    """Yield the secrets that ``templates`` does not find in the short forms and values of jobs."""
    for refusal, is_secret_by_value in secrets_in_request(composed.request):
        violation = composed.trace(refusal, subject)
        is_in_full = violation.path[-1] == "value"
        if _is_resource(subject) or (is_in_full and not is_secret_by_value):
            yield violation


def _is_resource(subject: Subject) -> bool:
    return subject.path[0] == "resources"
