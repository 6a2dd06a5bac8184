"""Operators that submit AWS Batch jobs and follow them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from airflow.sdk import BaseOperator

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.batch.naming import JobIdentity
from airflow_batch_provider.batch.request import JobDependency, complete_request
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID, AwsConnection
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.hooks.waiting import ended_jobs, poll_interval_seconds
from airflow_batch_provider.links.batch import BATCH_LINKS, BatchJobLink
from airflow_batch_provider.names import aws_shape, camel_case, snake_case
from airflow_batch_provider.operators.publication import PublishedJob, adopted_job_id, published
from airflow_batch_provider.plan.model import PlannedJob, WorkflowPlan
from airflow_batch_provider.submission import submit_workflow

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.job import JobDescription, SubmittedJob
    from airflow_batch_provider.hooks.batch import BatchHook

JOB_ID_XCOM: Final = "job_id"
"""Under this key a job's task publishes the id that it follows, before it waits."""

_LINES_AFTER_SUCCESS = 20

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


class _BatchOperator(BaseOperator):
    """The connection to AWS, which all operators here share."""

    def __init__(
        self,
        *,
        aws_conn_id: str | None = DEFAULT_CONN_ID,
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.connection = AwsConnection(aws_conn_id, region_name, verify, botocore_config)

    @cached_property
    def hook(self) -> BatchHook:
        """The hook; made at run time only, since its import costs parsing half a second."""
        from airflow_batch_provider.hooks.batch import BatchHook

        return BatchHook.of(self.connection)


class BatchSubmitJobOperator(_BatchOperator):
    """
    Submit a job and push its job id, without waiting for it.

    The arguments are the members of SubmitJob,
    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html, in snake_case;
    what is left out is absent from the request. Nested members may be written in AWS's
    camelCase or in snake_case.

    :param job_definition: ``name`` (its latest active revision), ``name:revision`` or ARN.
    :param job_queue: name or ARN.
    :param job_name: up to 128 letters, digits, ``-`` and ``_``; made from DAG, run and task
        unless given, so that it can be found again.
    :param depends_on: what must have succeeded first: job ids, ``other.output``, or
        ``{"job_id": other.output, "type": "N_TO_N"}``; at most 20.
    :param job_key: what messages call the job; the task id unless given.
    """

    template_fields: Sequence[str] = ("job_name", "depends_on", *_REQUEST_MEMBERS)
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
        job_definition: str | None = None,
        job_queue: str | None = None,
        job_name: str | None = None,
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

    def execute(self, context: Context) -> str:
        """Submit the job; its id becomes the task's result."""
        with airflow_errors():
            job = self._submit(context)
        self._point_links_to(
            context, ConsoleReference(self.hook.conn_region_name, self.hook.conn_partition, job.job_id)
        )
        return job.job_id

    def _submit(self, context: Context) -> SubmittedJob:
        rendered = {
            camel_case(member): aws_shape({member: getattr(self, member)})[camel_case(member)]
            for member in _REQUEST_MEMBERS
            if getattr(self, member) is not None
        }
        for member in ("job_definition", "job_queue"):
            if camel_case(member) not in rendered:
                raise RequestError(f"job '{self.job_key}' has no {member}; give its task that argument")
        job = self.hook.batch.submit(
            complete_request(
                rendered,
                job_key=self.job_key,
                job_name=self.job_name or _identity(context, self.job_key).job_name,
                depends_on=[_as_dependency(entry, self.job_key) for entry in self.depends_on],
            )
        )
        self.log.info("Submitted job %s '%s'", job.job_id, job.job_name)
        return job

    def _point_links_to(self, context: Context, reference: ConsoleReference) -> None:
        """Show the links now; Airflow itself would not before the task has ended."""
        self.console_reference = reference
        for link in self.operator_extra_links:
            if url := link.url(reference):
                context["ti"].xcom_push(key=link.xcom_key, value=url)


class BatchJobOperator(BatchSubmitJobOperator):
    """
    Follow a job to its end: one that another task submitted, or one that this task submits.

    The job id is published as XCom ``job_id`` before the wait and is the task's result. While
    the job runs the task is deferred and takes no worker slot.

    :param adopt: the id of a job that is submitted already: ``submit.output``, or a
        ``PublishedJob``; without it this task submits the job described by its other arguments.
    :param poll_interval_seconds: from one look at the job to the next, shared by all who wait;
        ``[batch_provider] poll_interval_seconds`` of Airflow's configuration unless given.
    :param deferrable: False waits in the worker.
    """

    template_fields: Sequence[str] = ("adopt", *BatchSubmitJobOperator.template_fields)
    operator_extra_links = BATCH_LINKS

    def __init__(
        self,
        *,
        adopt: str | XComArg | PublishedJob | None = None,
        poll_interval_seconds: float | None = None,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.adopt = adopt
        self.adopts = adopt is not None
        self.poll_interval_seconds = poll_interval_seconds
        self.deferrable = deferrable

    def execute(self, context: Context) -> str:
        """Find or submit the job and wait until it has ended."""
        with airflow_errors():
            job_id = adopted_job_id(self.adopt, self.job_key) if self.adopts else self._submit(context).job_id
            context["ti"].xcom_push(key=JOB_ID_XCOM, value=job_id)
            job = self.hook.batch.describe([job_id]).get(job_id)
        self._show_links(context, job)
        if job is not None and job.status.is_final:
            return self._finish(job)
        if self.deferrable:
            self._defer(job_id)
        with airflow_errors():
            (job,) = self.hook.wait([job_id], poll_interval_seconds(self.poll_interval_seconds))
        self._show_links(context, job)
        return self._finish(job)

    def resume(self, context: Context, event: dict[str, Any]) -> str:
        """Take the job's end from the trigger."""
        with airflow_errors():
            (job,) = ended_jobs(event)
        self._show_links(context, job)
        return self._finish(job)

    def _defer(self, job_id: str) -> None:
        from airflow_batch_provider.triggers.batch import BatchJobTrigger

        trigger = BatchJobTrigger(
            job_ids=[job_id],
            connection=self.connection.to_json(),
            poll_interval_seconds=poll_interval_seconds(self.poll_interval_seconds),
        )
        self.defer(trigger=trigger, method_name="resume")

    def _show_links(self, context: Context, job: JobDescription | None) -> None:
        if job is not None:
            self._point_links_to(context, self.hook.console_reference(job))

    def _finish(self, job: JobDescription) -> str:
        with airflow_errors():
            if not job.has_succeeded:
                raise self.hook.failure_of(job, self.job_key)
        for line in self.hook.logs.tail(job, _LINES_AFTER_SUCCESS):
            self.log.info("%s", line)
        self.log.info("Job %s '%s' succeeded", job.job_id, job.job_name)
        return job.job_id


class BatchSubmitWorkflowOperator(_BatchOperator):
    """
    Submit all jobs of a workflow, each with the ids that its dependencies have just got.

    Publishes every job's id as XCom under its job key; where AWS Batch refused a job, what it
    said, which the job's own task then raises. The other jobs run.

    :param plan: the planned workflow.
    """

    template_fields: Sequence[str] = ("jobs",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"jobs": "json"}
    ui_color = "#f5e1c8"

    def __init__(self, *, plan: WorkflowPlan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.jobs: dict[str, Any] = {job.key: dict(job.request) for job in plan.jobs}
        self.dependencies = {job.key: job.depends_on for job in plan.jobs}

    def execute(self, context: Context) -> None:
        """Submit in topological order and publish each outcome."""
        group = self.task_id.rpartition(".")[0]
        jobs = [PlannedJob(key, request, self.dependencies[key]) for key, request in self.jobs.items()]
        submissions = submit_workflow(
            jobs,
            self.hook.batch,
            lambda key: _identity(context, f"{group}.{key}" if group else key).job_name,
        )
        # Closed at once, should a job's id not get published: that terminates what was submitted.
        with airflow_errors(), closing(submissions):
            for submission in submissions:
                context["ti"].xcom_push(key=submission.job_key, value=published(submission))
                if submission.job:
                    self.log.info("Submitted job '%s': %s", submission.job_key, submission.job.job_id)
                else:
                    self.log.error("Job '%s' was not accepted: %s", submission.job_key, submission.refusal)


def _identity(context: Context, job_key: str) -> JobIdentity:
    ti = context["ti"]
    return JobIdentity(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        job_key=job_key,
        map_index=ti.map_index if ti.map_index is not None else -1,
        epoch=ti.max_tries,
    )


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
