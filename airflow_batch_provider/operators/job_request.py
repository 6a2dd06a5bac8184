"""The base of the operators that submit a job: SubmitJob's members as keywords, held as one request."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

from airflow_batch_provider.batch.overrides import merge_overrides
from airflow_batch_provider.batch.request import JOB_LABEL
from airflow_batch_provider.following.wait_terms import WaitTerms
from airflow_batch_provider.handover import WaitEvent
from airflow_batch_provider.hooks.settings import poll_interval_seconds
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.names import camel_case, camel_case_members
from airflow_batch_provider.operators.connected import COMMON_FIELDS
from airflow_batch_provider.operators.dependencies import without_skipped
from airflow_batch_provider.operators.request_rendering import RequestRenderingOperator
from airflow_batch_provider.spec.models import SUBMIT_JOB_MEMBERS

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

    from airflow_batch_provider.batch.console import ConsoleReference
    from airflow_batch_provider.plan.model import PlannedJob

    Dependency = str | Mapping[str, Any] | XComArg


class _RequestMember:
    """
    An attribute of an operator that is a member of its request.

    Airflow renders and shows each template field by itself; the request remains the one value that holds
    them. Assigning replaces the request, which copies of the operator may share.
    """

    def __init__(self, keyword: str) -> None:
        self._member = camel_case(keyword)

    @overload
    def __get__(self, operator: None, owner: type) -> Self: ...

    @overload
    def __get__(self, operator: JobRequestOperator, owner: type) -> Any: ...

    def __get__(self, operator: JobRequestOperator | None, owner: type) -> Any:
        return self if operator is None else operator.request.get(self._member)

    def __set__(self, operator: JobRequestOperator, value: Any) -> None:
        rest = {name: given for name, given in operator.request.items() if name != self._member}
        operator.request = rest if value is None else {**operator.request, self._member: value}


class JobRequestOperator(RequestRenderingOperator):
    """
    An operator whose arguments are the members of SubmitJob.

    See https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html; the keywords are its
    members in snake_case. A member that is left out is absent from the request. Nested members may be
    written in AWS's camelCase or in snake_case.

    :param job_definition: ``name`` (its latest active revision), ``name:revision`` or ARN; or the
        members of RegisterJobDefinition, which are registered once under a name made of
        ``jobDefinitionName`` and a hash of their content.
    :param job_queue: name or ARN.
    :param job_name: up to 128 letters, digits, ``-`` and ``_``; by default, a name that is made from
        DAG, run and task. A job with a name of your own is found again by its tag ``airflow_job``,
        so that ``[batch_provider] tag_jobs`` must be on.
    :param job_label: appended to the default job name, to find the job in the AWS console.
    :param depends_on: the jobs that must succeed first: job IDs, ``other.output``, or
        ``{"job_id": other.output, "type": "N_TO_N"}``; one of them or a list. The output may be a job ID,
        a list of job IDs, or that of a mapped task. AWS Batch accepts 20 dependencies; the task waits
        for the others before it submits the job. A task that was skipped is left out.
    :param job_key: the job's name in messages; the task ID by default.
    :param poll_interval_seconds: seconds between two rounds of DescribeJobs, which all waiting tasks of a
        connection share; by default ``[batch_provider] poll_interval_seconds``.
    :param deferrable: False waits in the worker.
    """

    template_fields: Sequence[str] = (
        "job_name",
        "job_label",
        "job_key",
        "depends_on",
        *SUBMIT_JOB_MEMBERS,
        *COMMON_FIELDS,
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "container_overrides": "json",
        "depends_on": "json",
        "parameters": "json",
        "tags": "json",
    }
    ui_color = "#f5e1c8"

    request: Mapping[str, Any] = MappingProxyType({})
    """SubmitJob's members in camelCase; empty until ``__init__`` has run, which Airflow does not wait for."""

    def __init__(
        self,
        *,
        job_definition: str | Mapping[str, Any] | None = None,
        job_queue: str | None = None,
        job_name: str | None = None,
        job_label: str | None = None,
        depends_on: Dependency | Sequence[Dependency] | None = None,
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
        poll_interval_seconds: float | None = None,
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        keywords = {
            "job_definition": job_definition,
            "job_queue": job_queue,
            "share_identifier": share_identifier,
            "scheduling_priority_override": scheduling_priority_override,
            "array_properties": array_properties,
            "parameters": parameters,
            "container_overrides": container_overrides,
            "node_overrides": node_overrides,
            "retry_strategy": retry_strategy,
            "propagate_tags": propagate_tags,
            "timeout": timeout,
            "tags": tags,
            "eks_properties_override": eks_properties_override,
            "ecs_properties_override": ecs_properties_override,
            "consumable_resource_properties_override": consumable_resource_properties_override,
        }
        self.request = {camel_case(name): value for name, value in keywords.items() if value is not None}
        self.job_name = job_name
        self.job_label = job_label
        # Rendered to job IDs later: an XCom or a template may stand for a list.
        self.depends_on: Any = [] if depends_on is None else depends_on
        self.job_key = job_key or self.task_id
        self.plan_key = ""
        self.waits_for: Sequence[str] | None = None
        self.poll_interval_seconds = poll_interval_seconds
        self.deferrable = deferrable
        self.console_reference: ConsoleReference | None = None
        self.was_killed = False

    def use_request(self, request: Mapping[str, Any]) -> None:
        """
        Set the members of this task's request that a planned job has.

        They replace what the keywords say, which may come from ``default_args``.

        :param request: as in ``PlannedJob``.
        """
        self.request = {**self.request, **request}
        self._take_names()

    def use_plan(self, job: PlannedJob) -> None:
        """Take the request of a planned job, its key in the plan, and the jobs for which it waits."""
        self.use_request(job.request)
        self.plan_key = job.key
        self.waits_for = job.upstream_keys

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Merge members of SubmitJob into this job's request."""
        self.request = merge_overrides(camel_case_members(dict(self.request)), overrides)
        self._take_names()

    def _take_names(self) -> None:
        """Move the job's name and label out of the request: the submission makes ``jobName`` of them."""
        members = dict(self.request)
        self.job_label = members.pop(JOB_LABEL, self.job_label)
        self.job_name = members.pop("jobName", self.job_name)
        self.request = members

    def leave_out_skipped_dependencies(self, context: Context) -> None:
        """Leave the entries of skipped tasks out of ``depends_on``."""
        self.depends_on = without_skipped(self, context)

    def wait_for_jobs(self, job_ids: Sequence[str]) -> None:
        """
        Wait until jobs of other tasks have ended, before this task submits its own.

        :raises TaskDeferred: the wait continues in the triggerer; the task then starts again.
        """
        if not self.deferrable:
            self.hook.wait(job_ids, poll_interval_seconds(self.poll_interval_seconds), are_own=False)
            return
        from airflow_batch_provider.triggers.batch import BatchJobTrigger

        trigger = BatchJobTrigger(
            job_ids=job_ids,
            connection=self.connection.to_json(),
            poll_interval_seconds=poll_interval_seconds(self.poll_interval_seconds),
            terms=WaitTerms(since=time.time(), allows_misconfiguration=True).to_json(),
        )
        self.defer(trigger=trigger, method_name="submit_after_wait", timeout=self.execution_timeout)

    def submit_after_wait(self, context: Context, event: Mapping[str, Any]) -> Any:
        """Start again after ``wait_for_jobs``."""
        with airflow_errors():
            WaitEvent.from_json(event).ended_jobs()  # raises if the wait itself has failed
        return self.execute(context)

    def on_kill(self) -> None:
        """Let a submission in progress terminate the job that it creates."""
        # Airflow calls this in a SIGTERM handler of the task process. The interrupted call to AWS continues
        # afterwards and creates a job, so the code after the call checks the flag.
        self.was_killed = True


# Airflow requires an attribute for each template field.
# Descriptors keep the request the only copy of the values.
for _keyword in SUBMIT_JOB_MEMBERS:
    setattr(JobRequestOperator, _keyword, _RequestMember(_keyword))
