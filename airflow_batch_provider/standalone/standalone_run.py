"""Submits the workflow of a spec as one run, finds what there is of it, follows it, ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.poller import JobPoller
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.following.tags import identity_tags, with_tags
from airflow_batch_provider.plan.model import EdgeOwner, PlannedJob, WorkflowPlan
from airflow_batch_provider.standalone.jobs import JobLister, RunJobs, find_run
from airflow_batch_provider.standalone.rendering import Renderer, render_requests
from airflow_batch_provider.standalone.run_name import RunName
from airflow_batch_provider.submission import JobSubmission, Prior, Submission, submit_workflow

_CANCELLED = "The run of this job's workflow was cancelled"


class Batch(JobLister, JobSubmission, Protocol):
    """The part of ``BatchClient`` that a master job needs."""


@dataclass(frozen=True, slots=True)
class StandaloneRun:
    """
    The master job of one run.

    :param plan: what is submitted.
    :param renderer: renders its templates.
    """

    plan: WorkflowPlan
    run: RunName
    batch: Batch
    renderer: Renderer

    @property
    def job_keys(self) -> tuple[str, ...]:
        return tuple(job.key for job in self.plan.jobs)

    def submit(self) -> list[Submission]:
        """
        Submit all jobs; adopt those that an earlier call under the same run name has submitted.

        A job that failed meanwhile is submitted again, with those that depend on it.

        :raises TemplateRenderingError: a template needs Airflow; nothing was submitted.
        """
        requests = render_requests({job.key: job.request for job in self.plan.jobs}, self.renderer)
        jobs = [
            replace(job, request=with_tags(requests[job.key], self._tags_of(job.key)))
            for job in self.plan.jobs
        ]
        there = find_run(self.batch, self.run, self.job_keys, _queues(jobs))
        submissions = submit_workflow(
            jobs,
            self.batch,
            lambda key: self.run.identity(key).job_name,
            prior={key: Prior(known=known) for key, known in there.by_key.items()},
        )
        with closing(submissions):
            return list(submissions)

    def _tags_of(self, job_key: str) -> dict[str, str]:
        """Tag jobs as Airflow's tasks do, so that the same policies and searches hold for them."""
        return identity_tags(self.run.identity(job_key), try_number=1)

    def find(self) -> RunJobs:
        """Find the jobs of this run."""
        rendered = [
            replace(job, request={"jobQueue": self.renderer.value(job.request["jobQueue"])})
            for job in self.plan.jobs
        ]
        return find_run(self.batch, self.run, self.job_keys, _queues(rendered))

    def describe(self) -> dict[str, JobDescription | None]:
        """Describe the newest job of every job key; None for one that was not submitted."""
        newest = self.find().newest
        described = self.batch.describe(list(newest.values()))
        return {key: described.get(newest.get(key, "")) for key in self.job_keys}

    def cancel(self) -> list[str]:
        """
        Terminate every live job of the run, those that others wait for first.

        :returns: their ids.
        """
        live = self.find().live_ids
        self.batch.terminate(live, _CANCELLED)
        return live

    def follow(
        self,
        job_ids: Mapping[str, str],
        on_change: Callable[[str, JobDescription], None],
        poll_interval_seconds: float,
    ) -> dict[str, JobDescription]:
        """
        Wait until these jobs have ended; look at them at once, and then in intervals.

        :param job_ids: by job key.
        :param on_change: told the job key and description of each change.
        :raises JobNotFoundError: AWS Batch does not know one of them any more.
        """
        keys = {job_id: key for key, job_id in job_ids.items()}
        for job_id, job in self.batch.describe(list(keys)).items():
            on_change(keys[job_id], job)

        async def describe(some_ids: Sequence[str]) -> Mapping[str, JobDescription]:
            return self.batch.describe(some_ids)

        ended = asyncio.run(
            JobPoller(describe).wait(
                keys,
                interval_seconds=poll_interval_seconds,
                on_change=lambda job: on_change(keys[job.job_id], job),
            )
        )
        return {key: ended[job_id] for key, job_id in job_ids.items()}


def check_runs_without_airflow(plan: WorkflowPlan) -> None:
    """
    Stop where a workflow needs Airflow between its jobs.

    :raises SpecError: the message lists every such place, why, and what to do.
    """
    places = [f"- '{task.key}' is a Python task" for task in plan.tasks]
    places += [text for job in plan.jobs if job.is_submitted_by_own_task for text in _why(job)]
    if places:
        raise SpecError(
            f"workflow '{plan.workflow}' needs Airflow between its jobs, and cannot be submitted without:\n"
            + "\n".join(places)
            + "\nMake them jobs that depend on each other with the trigger rule all_success and without "
            "'owner: airflow', or run the workflow in Airflow"
        )


def _why(job: PlannedJob) -> Iterator[str]:
    airflows = [each for each in job.depends_on if each.owner is EdgeOwner.AIRFLOW]
    for each in airflows:
        yield f"- job '{job.key}' after '{each.job_key}': {each.reason}"
    if not airflows:
        yield f"- job '{job.key}' is submitted by its own task"


def _queues(jobs: Sequence[PlannedJob]) -> list[str]:
    return list(dict.fromkeys(str(job.request["jobQueue"]) for job in jobs))
