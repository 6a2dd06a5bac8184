"""Submit the job of one task, and find the jobs that its earlier tries submitted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.request import (
    JOB_LABEL,
    N_TO_N,
    JobDependency,
    array_size,
    check_pair,
    complete_request,
)
from airflow_batch_provider.errors import RequestError, SubmissionCancelledError
from airflow_batch_provider.following.tags import with_tags
from airflow_batch_provider.following.terminations import killed_while_submitting
from airflow_batch_provider.names import camel_case_members, snake_case
from airflow_batch_provider.operators.dependencies import dependencies_of, submitted_dependencies
from airflow_batch_provider.submission import with_job_definition

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobSummary
    from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
    from airflow_batch_provider.operators.roles import JobTask
    from airflow_batch_provider.operators.task_try import TaskTry

_NAMESAKES_MAX: Final = 500
"""How many of the newest jobs with an author's own job name are searched for this task's jobs."""

Reshape = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a complete request into the one that is sent."""


class TaskJobSubmitter:
    """
    Submits the job of one try of a task.

    :param submitted_by: which of the two tasks of a job this is.
    """

    def __init__(self, task: JobTask, current: TaskTry, submitted_by: SubmittedBy) -> None:
        self._task = task
        self._current = current
        self.identity: JobIdentity = current.identity(task.job_key, submitted_by)
        self.has_submitted = False
        self.has_reshaped = False
        """Whether the submitted job differs from the task's whole job: it runs some children again."""

    @property
    def can_submit(self) -> bool:
        """Whether the task has what a job needs; a task that only adopts jobs may lack it."""
        return bool(self._task.request.get("jobDefinition") and self._task.request.get("jobQueue"))

    def find_jobs(self) -> list[JobSummary]:
        """
        List the jobs of this task in AWS Batch, of all epochs, newest first.

        A job with an author's own name carries the name that it would otherwise have in a tag; the result
        lists it under that name.
        """
        job_queue, job_name = self._task.request.get("jobQueue"), self._task.job_name
        if job_queue is None:
            return []
        prefix = self.identity.job_prefix
        if job_name is not None:
            return self._jobs_with_identity_tag(job_queue, job_name, prefix)
        jobs = self._task.hook.batch.list_jobs_by_name(job_queue, f"{prefix}*")
        # AWS Batch ignores case in this filter:
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
        return [job for job in jobs if job.job_name.startswith(prefix)]

    def submit(self, known_ids: Collection[str], reshape: Reshape | None = None) -> str:
        """
        Submit the job and return its ID.

        :param known_ids: jobs of the same name that existed before.
        :param reshape: turns the complete request into the one that is sent.
        :raises SubmissionCancelledError: the task was killed during the call; the job is terminated.
        """
        task, batch = self._task, self._task.hook.batch
        whole = with_tags(self._request(), self._current.tags(self.identity, task.waits_for))
        request = reshape(whole) if reshape is not None else whole
        self.has_reshaped = request is not whole
        if (
            task.job_name is not None
        ):  # other tasks may use this name: their jobs must not be mistaken for this one
            known_ids = [job.job_id for job in batch.list_jobs_by_name(request["jobQueue"], task.job_name)]
        job = batch.submit(request, known_ids)
        # `on_kill` may have run during the call, when the job had no ID that it could terminate.
        if task.was_killed:
            batch.terminate([job.job_id], killed_while_submitting(task.task_id))
            raise SubmissionCancelledError(
                f"task '{task.task_id}' was killed while submitting job {job.job_id}; the job was terminated"
            )
        self.has_submitted = True
        task.log.info("Submitted job %s '%s'", job.job_id, job.job_name)
        return job.job_id

    def _jobs_with_identity_tag(self, job_queue: str, job_name: str, prefix: str) -> list[JobSummary]:
        batch = self._task.hook.batch
        # ListJobs returns no tags, so the identity of each job takes a DescribeJobs call per 100 jobs.
        named = batch.list_jobs_by_name(job_queue, job_name)[:_NAMESAKES_MAX]
        described = batch.describe([job.job_id for job in named])
        identities = {job_id: job.identity or "" for job_id, job in described.items()}
        return [
            replace(job, job_name=identities[job.job_id])
            for job in named
            if identities.get(job.job_id, "").startswith(prefix)
        ]

    def _request(self) -> dict[str, Any]:
        task = self._task
        rendered: dict[str, Any] = camel_case_members(dict(task.request))
        if task.job_label is not None and task.job_name is None:
            rendered[JOB_LABEL] = task.job_label
        for member in ("jobDefinition", "jobQueue"):
            if rendered.get(member) is None:
                raise RequestError(
                    f"job '{task.job_key}' has no {snake_case(member)}; set it on task '{task.task_id}'"
                )
        depends_on = submitted_dependencies(task, dependencies_of(task.depends_on, task.job_key))
        self._check_pairs(array_size(rendered, task.job_key), depends_on)
        return complete_request(
            with_job_definition(rendered, task.job_key, task.hook.batch.ensure_job_definition),
            job_key=task.job_key,
            job_name=task.job_name or self.identity.job_name,
            depends_on=depends_on,
        )

    def _check_pairs(self, size: int, depends_on: Sequence[JobDependency]) -> None:
        """Compare this array's size with those of the arrays on which its children depend one by one."""
        paired = [each.job_id for each in depends_on if each.type == N_TO_N and each.job_id is not None]
        for job in self._task.hook.batch.describe(paired).values():  # a job may not be visible yet
            other_size = job.array.size if job.array is not None else 1
            check_pair(self._task.job_key, size, job.job_name, other_size)
