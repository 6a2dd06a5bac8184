"""Submit a workflow as one run without Airflow; find, follow and cancel its jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from airflow_batch_provider.batch.poller import wait_blocking
from airflow_batch_provider.defaults import REFUSED_TIMEOUT_SECONDS
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.following.tags import identity_tags, with_tags
from airflow_batch_provider.plan.model import EdgeOwner, PlannedJob, WorkflowPlan
from airflow_batch_provider.standalone.jobs import JobReader, RunJobs, find_run_jobs
from airflow_batch_provider.standalone.rendering import Renderer, render_requests
from airflow_batch_provider.submission import JobSubmission, Prior, Submission, submit_workflow

if TYPE_CHECKING:
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.standalone.run_name import RunName

log = logging.getLogger(__name__)

_CANCELLED = "The run of this job's workflow was cancelled"


class BatchJobs(JobReader, JobSubmission, Protocol):
    """The methods of ``BatchClient`` that a standalone run needs."""


@dataclass(frozen=True, slots=True)
class StandaloneRun:
    """
    One run of a workflow without Airflow, often submitted by a "master job".

    :param plan: the jobs to submit.
    :param renderer: renders the templates of the plan.
    """

    plan: WorkflowPlan
    run_name: RunName
    batch: BatchJobs
    renderer: Renderer

    @property
    def job_keys(self) -> tuple[str, ...]:
        return tuple(job.key for job in self.plan.jobs)

    def submit(self) -> list[Submission]:
        """
        Submit all jobs; adopt the jobs that an earlier call with the same run name submitted.

        Jobs that have failed are resubmitted together with their downstream jobs.

        :raises TemplateRenderingError: a template cannot be rendered; nothing was submitted.
        """
        requests = render_requests({job.key: job.request for job in self.plan.jobs}, self.renderer)
        jobs = [
            replace(job, request=with_tags(requests[job.key], self._tags_of(job.key)))
            for job in self.plan.jobs
        ]
        existing = find_run_jobs(self.batch, self.run_name, self.job_keys, _queues(jobs))
        submissions = submit_workflow(
            jobs,
            self.batch,
            lambda key: self.run_name.identity(key).job_name,
            prior={key: Prior(known=known) for key, known in existing.by_key.items()},
        )
        with closing(submissions):
            return list(submissions)

    def _tags_of(self, job_key: str) -> dict[str, str]:
        """Return the same tags as in Airflow, so that the same IAM policies and searches apply."""
        return identity_tags(self.run_name.identity(job_key), try_number=1)

    def find_jobs(self) -> RunJobs:
        """Find the jobs of this run in AWS Batch."""
        rendered = [
            replace(job, request={"jobQueue": self.renderer.render(job.request["jobQueue"])})
            for job in self.plan.jobs
        ]
        return find_run_jobs(self.batch, self.run_name, self.job_keys, _queues(rendered))

    def describe(self) -> dict[str, JobDescription | None]:
        """Describe the newest job of every job key; None for a job that was not submitted."""
        newest = self.find_jobs().newest
        described = self.batch.describe(list(newest.values()))
        return {key: described.get(newest.get(key, "")) for key in self.job_keys}

    def cancel(self) -> list[str]:
        """
        Terminate every live job of the run, upstream jobs first.

        :returns: the ids of the terminated jobs.
        """
        live = self.find_jobs().live_ids
        self.batch.terminate(live, _CANCELLED)
        return live

    def follow(
        self,
        job_ids: Mapping[str, str],
        on_change: Callable[[str, JobDescription], None],
        poll_interval_seconds: float,
        *,
        describe: Callable[[Sequence[str]], Mapping[str, JobDescription]] | None = None,
        refused_seconds: float = REFUSED_TIMEOUT_SECONDS,
    ) -> dict[str, JobDescription]:
        """
        Wait until jobs have ended: poll immediately, then at intervals.

        :param job_ids: the job ids by job key.
        :param on_change: called with the job key and the description of each change.
        :param describe: describes jobs; by default, ``batch`` does.
        :param refused_seconds: how long AWS may refuse the credentials.
        :raises AccessRefusedError: AWS refused the credentials for longer than that.
        :raises JobNotFoundError: AWS Batch no longer returns one of the jobs.
        """
        keys = {job_id: key for key, job_id in job_ids.items()}
        for job_id, job in self.batch.describe(list(keys)).items():
            on_change(keys[job_id], job)
        ended = wait_blocking(
            describe or self.batch.describe,
            keys,
            interval_seconds=poll_interval_seconds,
            on_change=lambda job: on_change(keys[job.job_id], job),
            log=log,
            refused_seconds=refused_seconds,
        )
        return {key: ended[job_id] for key, job_id in job_ids.items()}


def check_runs_without_airflow(plan: WorkflowPlan) -> None:
    """
    Raise if a workflow needs Airflow between its jobs.

    :raises SpecError: the message lists every such dependency and task, with the reason and the remedy.
    """
    reasons = [f"- '{task.key}' is a Python task" for task in plan.tasks]
    reasons += [text for job in plan.jobs if job.is_submitted_by_own_task for text in _explain(job)]
    if reasons:
        raise SpecError(
            f"workflow '{plan.workflow}' cannot be submitted without Airflow:\n"
            + "\n".join(reasons)
            + "\nReplace Python tasks with jobs; pass values from other tasks as params; use one connection; "
            "and use only dependencies with the trigger rule all_success and without 'owner: airflow'. "
            "Otherwise, run the workflow in Airflow"
        )


def ignored_gates(plan: WorkflowPlan) -> list[str]:
    """Return a warning for each setting that holds jobs back only in Airflow."""
    jobs_by_gate: dict[str, list[str]] = {}
    for job in plan.jobs:
        for gate in job.gates:
            jobs_by_gate.setdefault(gate, []).append(job.key)
    return [
        f"warning: {gate} has no effect without Airflow; "
        f"job '{keys[0]}'{f' and {len(keys) - 1:,} more' if keys[1:] else ''} will not be held back"
        for gate, keys in jobs_by_gate.items()
    ]


def _explain(job: PlannedJob) -> Iterator[str]:
    airflows = [each for each in job.depends_on if each.owner is EdgeOwner.AIRFLOW]
    for each in airflows:
        yield f"- Airflow enforces the dependency of job '{job.key}' on '{each.job_key}': {each.reason}"
    if not airflows:
        yield f"- job '{job.key}' must be submitted by its own Airflow task: {job.own_reason}"


def _queues(jobs: Sequence[PlannedJob]) -> list[str]:
    return list(dict.fromkeys(str(job.request["jobQueue"]) for job in jobs))
