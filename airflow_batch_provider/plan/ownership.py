"""Decide who owns each dependency, AWS Batch or Airflow, and which jobs are submitted together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider import limits
from airflow_batch_provider.plan.implied import Implications
from airflow_batch_provider.plan.model import EdgeOwner, PlannedDependency
from airflow_batch_provider.spec.gates import gate_reason, hold_until_end
from airflow_batch_provider.spec.models import (
    ConnectionSettings,
    DependencyType,
    Job,
    PythonTask,
    SubmissionMode,
    TriggerRule,
)
from airflow_batch_provider.spec.values import is_template, strings_in

if TYPE_CHECKING:
    from airflow_batch_provider.plan.expansion import Member, Upstream

# A heuristic on the text of a template: `xcom_pull`, or a member of `ti` or `task_instance`. A false match
# costs only time, because the job is then submitted later.
_READS_TASKS: Final = re.compile(r"\bxcom_pull\b|\b(?:ti|task_instance)\b\s*[.\[]")


@dataclass(frozen=True, slots=True)
class Ownership:
    """
    The dependencies of one member with their owners.

    :param submitted_with: see ``PlannedJob``.
    :param own_reason: see ``PlannedJob``.
    """

    depends_on: tuple[PlannedDependency, ...]
    submitted_with: str | None
    own_reason: str = ""


class Owners:
    """
    Decides for one member after the other.

    AWS Batch owns a dependency wherever possible. If Airflow must own one dependency of a job, the job's
    own task submits it after its upstream tasks have ended, so that Airflow owns all of its dependencies.
    Such a job is the head of a chain of jobs that are submitted together with it.

    :param members: in topological order.
    :param connection: the workflow's connection.
    :param heeds_gates: whether settings of Airflow tasks hold jobs back.
    """

    def __init__(
        self,
        members: Sequence[Member],
        submission_mode: SubmissionMode,
        connection: ConnectionSettings,
        *,
        heeds_gates: bool = True,
    ) -> None:
        self._members = {member.key: member for member in members}
        self._implications = Implications(members)
        self._submission_mode = submission_mode
        self._connection = connection
        self._heeds_gates = heeds_gates
        self._submitted_with: dict[str, str | None] = {}

    def of(self, member: Member, request: Mapping[str, Any]) -> Ownership:
        """
        Decide for a job, after the jobs on which it depends.

        :param request: its SubmitJob request, with templates.
        """
        reasons = self._airflow_reasons(member, request)
        if reasons is not None:
            ownership = Ownership(_airflow_owned(member, reasons), member.key, reasons.get(member.key, ""))
        else:
            ownership = self._batch_owned(member)
        self._submitted_with[member.key] = ownership.submitted_with
        return ownership

    def _airflow_reasons(self, member: Member, request: Mapping[str, Any]) -> dict[str, str] | None:
        """
        Return why the job's own task submits it; None if AWS Batch owns its dependencies.

        The keys are the dependencies that are the reason, or the job's own key.
        """
        if reason := self._own_reason(member, request):
            return {member.key: reason}
        if reasons := {
            each.key: reason
            for each in member.upstream
            if each.key is not None and (reason := self._edge_reason(member, each))
        }:
            return reasons
        # After the checks of single dependencies: what `_kept` leaves
        # out must be implied by dependencies of AWS Batch alone.
        kept = self._kept(member)
        if len(kept) > limits.DEPENDENCIES_MAX:
            text = f"AWS Batch accepts {limits.DEPENDENCIES_MAX} dependencies, and this is one of {len(kept)}"
            return {each.key: text for each in kept if each.key is not None}
        return self._different_submissions(kept)

    def _own_reason(self, member: Member, request: Mapping[str, Any]) -> str | None:
        if self._heeds_gates and (reason := gate_reason(member.gates)):
            return reason
        if member.trigger_rule != TriggerRule.ALL_SUCCESS:
            return f"its trigger rule is {member.trigger_rule}, and AWS Batch supports only all_success"
        if isinstance(member.written, Job) and member.written.submitted_by is not None:
            return "the spec sets submitted_by: own_task"
        if any(_READS_TASKS.search(text) for text in strings_in(request) if is_template(text)):
            return "its templates read another task's result (ti, xcom_pull), which must exist first"
        if not member.upstream_keys and not self._is_in_first_submission_account(member):
            return "its connection differs from that of the workflow's first submission"
        return None

    def _is_in_first_submission_account(self, member: Member) -> bool:
        is_same_account = self._account_of(member) == _account(self._connection)
        return self._submission_mode is SubmissionMode.PER_JOB or is_same_account

    def _edge_reason(self, member: Member, upstream: Upstream) -> str | None:
        other = self._members[upstream.key or ""]
        if upstream.written is not None and upstream.written.owner is not None:
            return "the spec sets owner: airflow"
        if isinstance(other.written, PythonTask):
            return f"'{other.key}' is a Python task, not a job"
        # AWS Batch knows only jobs of the same account and Region.
        if self._account_of(member) != self._account_of(other):
            return f"'{other.key}' uses a different connection or Region"
        # Its job ID exists only after Airflow has started its task, which ends with the job.
        if self._submission_mode is SubmissionMode.PER_JOB and hold_until_end(other.gates):
            return f"one task submits '{other.key}' and waits for it: {gate_reason(other.gates)}"
        return None

    def _account_of(self, member: Member) -> tuple[str | None, str | None]:
        if isinstance(member.written, PythonTask):
            return _account(self._connection)
        return _account(connection_of(member.written, self._connection))

    def _kept(self, member: Member) -> tuple[Upstream, ...]:
        """Omit implied dependencies if AWS Batch would refuse their number, or they span two submissions."""
        entries = member.upstream
        if len(entries) <= limits.DEPENDENCIES_MAX and self._different_submissions(entries) is None:
            return entries
        implied = self._implications.implied(entries)
        return tuple(each for each in entries if each not in implied)

    def _different_submissions(self, entries: Iterable[Upstream]) -> dict[str, str] | None:
        """Return why one ``dependsOn`` cannot name jobs that are submitted at different times."""
        if self._submission_mode is SubmissionMode.PER_JOB:
            return None
        # The members are in topological order, so each dependency has its submission already.
        by_submission = {each.key: self._submitted_with[each.key] for each in entries if each.key is not None}
        if len(set(by_submission.values())) < 2:
            return None
        return {
            key: f"it is submitted {f'with {head!r}' if head else 'first'}, "
            "and other dependencies of this job at another time"
            for key, head in by_submission.items()
        }

    def _batch_owned(self, member: Member) -> Ownership:
        kept = self._kept(member)
        depends_on = tuple(
            PlannedDependency(each.key, each.type, EdgeOwner.BATCH, _batch_reason(each))
            if each in kept
            else PlannedDependency(each.key, each.type, EdgeOwner.IMPLIED, "other dependencies imply it")
            for each in member.upstream
        )
        # Any dependency will do: `_different_submissions` has
        # checked that all of them are submitted together.
        above = next((each.key for each in kept if each.key is not None), None)
        return Ownership(depends_on, self._submitted_with[above] if above is not None else None)


def connection_of(job: Job, workflows: ConnectionSettings) -> ConnectionSettings:
    """Return the connection of a job: its own, merged over the workflow's."""
    if job.connection is None:
        return workflows
    return workflows.model_copy(update=job.connection.model_dump(exclude_unset=True))


def owned_by_airflow(member: Member) -> tuple[PlannedDependency, ...]:
    """Return the dependencies of a Python task, which Airflow owns."""
    return _airflow_owned(member, {member.key: "a Python task runs in Airflow"})


def _airflow_owned(member: Member, reasons: Mapping[str, str]) -> tuple[PlannedDependency, ...]:
    # If the member itself is the reason, it is the reason for every dependency.
    rest = reasons.get(
        member.key,
        "Airflow enforces another dependency of this job, so it submits the job after all upstream tasks",
    )
    return tuple(
        PlannedDependency(None, each.type, EdgeOwner.BATCH, _batch_reason(each))
        if each.key is None
        else PlannedDependency(each.key, each.type, EdgeOwner.AIRFLOW, reasons.get(each.key, rest))
        for each in member.upstream
    )


def _batch_reason(upstream: Upstream) -> str:
    if upstream.type is DependencyType.SEQUENTIAL:
        return "dependsOn: each child starts when the previous child has succeeded"
    if upstream.type is DependencyType.N_TO_N:
        return "dependsOn: each child starts when the child with the same index has succeeded"
    return "dependsOn: the job starts when the other has succeeded"


def _account(connection: ConnectionSettings) -> tuple[str | None, str | None]:
    """Return what two jobs must have in common to depend on each other in AWS Batch."""
    return connection.aws_conn_id, connection.region_name
