"""The operator that submits one job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.batch.request import (
    N_TO_N,
    JobDependency,
    array_size,
    check_pair,
    complete_request,
)
from airflow_batch_provider.errors import RequestError, SubmissionCancelledError
from airflow_batch_provider.following.decisions import FollowerState, decide_submission
from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.following.tags import with_tags
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.links.batch import BatchJobLink
from airflow_batch_provider.names import camel_case, camel_case_members, snake_case
from airflow_batch_provider.operators.connected import (
    COMMON_FIELDS,
    ConnectedOperator,
    identity_of,
    tags_of,
)
from airflow_batch_provider.operators.follower_states import adopts_a_job, follower_states
from airflow_batch_provider.submission import with_job_definition
from airflow_batch_provider.triggers.ending import RETURN_VALUE_XCOM, followed_key

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.job import JobSummary
    from airflow_batch_provider.operators.starting import TriggererStart

_REQUEST_MEMBERS: Final = (
    "job_definition",
    "job_queue",
    "share_identifier",
    "scheduling_priority_override",
    "array_properties",
    "parameters",
    "container_overrides",
    "node_overrides",
    "retry_strategy",
    "propagate_tags",
    "timeout",
    "tags",
    "eks_properties_override",
    "ecs_properties_override",
    "consumable_resource_properties_override",
)
"""SubmitJob's members that are sent as the author wrote them; ``jobName`` and ``dependsOn`` are made."""


_NAMESAKES_MAX: Final = 500
"""Among how many of the newest jobs under a name of the author's own this task's are looked for."""

Reshape = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes the request that is sent of a complete one."""


class BatchSubmitJobOperator(ConnectedOperator):
    """
    Submit a job and push its job id, without waiting for it.

    The arguments are the members of SubmitJob,
    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html, in snake_case;
    what is left out is absent from the request. Nested members may be written in AWS's
    camelCase or in snake_case.

    :param job_definition: ``name`` (its latest active revision), ``name:revision`` or ARN; or the
        members of RegisterJobDefinition, which are registered once under a name made of
        ``jobDefinitionName`` and their content.
    :param job_queue: name or ARN.
    :param job_name: up to 128 letters, digits, ``-`` and ``_``; made from DAG, run and task
        unless given. A job under a name of your own is found again by its tag ``airflow_job``,
        so that ``[batch_provider] tag_jobs`` must be on.
    :param job_label: stands behind the name that is made, where ``job_name`` is not given: for
        people who look for the job in AWS's console.
    :param depends_on: what must have succeeded first: job ids, ``other.output``, or
        ``{"job_id": other.output, "type": "N_TO_N"}``; at most 20.
    :param job_key: what messages call the job; the task id unless given.
    """

    template_fields: Sequence[str] = (
        "job_name",
        "job_label",
        "job_key",
        "depends_on",
        *_REQUEST_MEMBERS,
        *COMMON_FIELDS,
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "container_overrides": "json",
        "depends_on": "json",
        "parameters": "json",
        "tags": "json",
    }
    operator_extra_links = (BatchJobLink(),)
    ui_color = "#f5e1c8"

    def __init__(
        self,
        *,
        job_definition: str | Mapping[str, Any] | None = None,
        job_queue: str | None = None,
        job_name: str | None = None,
        job_label: str | None = None,
        depends_on: Sequence[str | Mapping[str, Any] | XComArg] = (),
        job_key: str | None = None,
        share_identifier: str | None = None,
        scheduling_priority_override: int | str | None = None,
        array_properties: Mapping[str, Any] | None = None,
        parameters: Mapping[str, str] | None = None,
        container_overrides: Mapping[str, Any] | None = None,
        node_overrides: Mapping[str, Any] | None = None,
        retry_strategy: Mapping[str, Any] | None = None,
        propagate_tags: bool | None = None,
        timeout: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        eks_properties_override: Mapping[str, Any] | None = None,
        ecs_properties_override: Mapping[str, Any] | None = None,
        consumable_resource_properties_override: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_definition = job_definition
        self.job_queue = job_queue
        self.job_name = job_name
        self.job_label = job_label
        self.depends_on = list(depends_on)
        self.job_key = job_key or self.task_id
        self.share_identifier = share_identifier
        self.scheduling_priority_override = scheduling_priority_override
        self.array_properties = array_properties
        self.parameters = parameters
        self.container_overrides = container_overrides
        self.node_overrides = node_overrides
        self.retry_strategy = retry_strategy
        self.propagate_tags = propagate_tags
        self.timeout = timeout
        self.tags = tags
        self.eks_properties_override = eks_properties_override
        self.ecs_properties_override = ecs_properties_override
        self.consumable_resource_properties_override = consumable_resource_properties_override
        self.console_reference: ConsoleReference | None = None
        self.was_killed = False
        self.start: TriggererStart | None = None

    def execute(self, context: Context) -> str:
        """Submit the job, or adopt the one that an earlier try has submitted; its id is the task's result."""
        identity = identity_of(context, self.job_key, SubmittedBy.SUBMIT)
        with airflow_errors():
            known = [] if self.is_new_work(context) else self.jobs_of(identity)
            follower = self._follower_state(context)
            decision = decide_submission(identity.job_name, known, follower)
            if decision.terminate:
                self.hook.batch.terminate(decision.terminate, f"Task '{self.task_id}' submits this job anew")
            job_id = decision.follow or self.submit(context, identity, [job.job_id for job in known])
        if decision.follow is not None and follower is not FollowerState.PENDING:
            context["ti"].xcom_push(key=followed_key(RETURN_VALUE_XCOM), value=job_id)
        self.point_links_to(
            context, ConsoleReference(self.hook.conn_region_name, self.hook.conn_partition, job_id)
        )
        return job_id

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Lay members of SubmitJob over this job's own."""
        own = {camel_case(name): camel_case_members(getattr(self, name)) for name in _REQUEST_MEMBERS}
        given = {name: value for name, value in own.items() if value is not None}
        for name, value in merge_overrides(given, overrides).items():
            setattr(self, snake_case(name), value)

    def on_kill(self) -> None:
        """Let a submission that is on its way terminate what it makes."""
        self.was_killed = True

    def submit(
        self,
        context: Context,
        identity: JobIdentity,
        known_ids: Collection[str],
        reshape: Reshape | None = None,
    ) -> str:
        """
        Submit the job.

        :param reshape: makes the request that is sent of the complete one.
        :raises SubmissionCancelledError: the task was killed meanwhile; the job is terminated.
        """
        request = with_tags(self._request(self._name(identity)), tags_of(context, identity))
        request = reshape(request) if reshape is not None else request
        if self.job_name is not None:  # others may have used it: what is there now is not our job
            known_ids = [job.job_id for job in self.hook.batch.jobs_named(request["jobQueue"], self.job_name)]
        job = self.hook.batch.submit(request, known_ids)
        if self.was_killed:
            self.hook.batch.terminate(
                [job.job_id], f"Task '{self.task_id}' was killed while it submitted this job"
            )
            raise SubmissionCancelledError(
                f"task '{self.task_id}' was killed while it submitted {job.job_id}"
            )
        self.log.info("Submitted job %s '%s'", job.job_id, job.job_name)
        return job.job_id

    def jobs_of(self, identity: JobIdentity) -> list[JobSummary]:
        """
        List the jobs of this task's work in AWS Batch, of all epochs, the newest first.

        Those under a name that the author has given carry the name that they would have otherwise
        as a tag; in the answer they have that one.
        """
        if self.job_queue is None:
            return []
        if self.job_name is not None:
            return self._tagged_jobs_of(identity)
        jobs = self.hook.batch.jobs_named(self.job_queue, f"{identity.job_prefix}*")
        return [job for job in jobs if job.job_name.startswith(identity.job_prefix)]

    def _tagged_jobs_of(self, identity: JobIdentity) -> list[JobSummary]:
        named = self.hook.batch.jobs_named(str(self.job_queue), str(self.job_name))[:_NAMESAKES_MAX]
        described = self.hook.batch.describe([job.job_id for job in named])
        identities = {job_id: job.identity or "" for job_id, job in described.items()}
        return [
            replace(job, job_name=identities[job.job_id])
            for job in named
            if identities.get(job.job_id, "").startswith(identity.job_prefix)
        ]

    def _name(self, identity: JobIdentity) -> str:
        return self.job_name or identity.job_name

    def _request(self, job_name: str) -> dict[str, Any]:
        rendered = {
            camel_case(member): camel_case_members({member: getattr(self, member)})[camel_case(member)]
            for member in _REQUEST_MEMBERS
            if getattr(self, member) is not None
        }
        if self.job_label is not None and self.job_name is None:
            rendered["jobName"] = self.job_label
        for member in ("job_definition", "job_queue"):
            if camel_case(member) not in rendered:
                raise RequestError(f"job '{self.job_key}' has no {member}; give its task that argument")
        depends_on = [_as_dependency(entry, self.job_key) for entry in self.depends_on]
        self._check_pairs(array_size(rendered, self.job_key), depends_on)
        rendered = dict(with_job_definition(rendered, self.job_key, self.hook.batch.define))
        return complete_request(rendered, job_key=self.job_key, job_name=job_name, depends_on=depends_on)

    def _check_pairs(self, size: int, depends_on: Sequence[JobDependency]) -> None:
        """Compare this array's size with those of the arrays that its children wait for one by one."""
        paired = [each.job_id for each in depends_on if each.type == N_TO_N and each.job_id is not None]
        for job in self.hook.batch.describe(paired).values():  # one that is not seen yet is not compared
            check_pair(self.job_key, size, job.job_name, job.array.size if job.array is not None else 1)

    def _follower_state(self, context: Context) -> FollowerState:
        """Look whether a task that follows this job is at it."""
        if self.is_new_work(context):
            return FollowerState.PENDING
        followers = [task.task_id for task in self.downstream_list if adopts_a_job(task)]
        states = set(follower_states(context, followers).values())
        in_order = (FollowerState.WATCHING, FollowerState.PENDING, FollowerState.ENDED)
        return next((follower for follower in in_order if follower in states), FollowerState.PENDING)

    def point_links_to(self, context: Context, reference: ConsoleReference) -> None:
        """Show the links now; Airflow itself would not before the task has ended."""
        self.console_reference = reference
        for link in self.operator_extra_links:
            if url := link.url(reference):
                context["ti"].xcom_push(key=link.xcom_key, value=url)


def _as_dependency(entry: Any, job_key: str) -> JobDependency:
    if isinstance(entry, str) and entry:
        return JobDependency(job_id=entry)
    if isinstance(entry, Mapping):
        members = {snake_case(name): value for name, value in entry.items()}
        is_sequential = members == {"type": "SEQUENTIAL"}
        if is_sequential or (members.get("job_id") and isinstance(members["job_id"], str)):
            return JobDependency(job_id=members.get("job_id"), type=members.get("type"))
    text = (
        f"job '{job_key}': {entry!r} in depends_on is neither a job id nor "
        "{'job_id': …, 'type': …}; the task that should have given the id has published none"
    )
    raise RequestError(text)
