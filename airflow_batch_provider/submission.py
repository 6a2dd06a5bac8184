"""Submits the jobs of a workflow in order, each with the job ids that its dependencies have just got."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from airflow_batch_provider.batch.job import SubmittedJob
from airflow_batch_provider.batch.request import JobDependency, complete_request
from airflow_batch_provider.errors import RequestError, SubmissionRefusedError
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob

log = logging.getLogger(__name__)


class Submitter(Protocol):
    """The part of ``BatchClient`` that a submission needs."""

    def submit(self, request: Mapping[str, Any]) -> SubmittedJob: ...

    def terminate(self, job_ids: Sequence[str], reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of one job: its id, or why it was not accepted."""

    job_key: str
    job: SubmittedJob | None = None
    refusal: str | None = None


def submit_workflow(
    jobs: Iterable[PlannedJob], client: Submitter, job_name: Callable[[str], str]
) -> Generator[Submission]:
    """
    Submit jobs in the order given, which must be topological.

    All are submitted before the first is handed out: AWS Batch has the workflow as soon as can be,
    however long the caller takes over each.

    A job that AWS Batch refuses is reported as such, and so is every job that needs it; the
    others are submitted. If the submission cannot go on at all, the jobs that it started are
    terminated before the error is raised: a half workflow would run unwatched. So they are
    when the caller stops before the end and closes the generator.

    :param job_name: the job name for a job key.
    """
    done: dict[str, Submission] = {}
    try:
        for planned in jobs:
            done[planned.key] = _submit_one(planned, done, client, job_name(planned.key))
        yield from done.values()
    except BaseException:
        started = [submission.job.job_id for submission in done.values() if submission.job]
        try:
            client.terminate(started, "The submission of this job's workflow did not finish")
        except Exception:
            log.exception("Not all jobs of a workflow that could not be submitted were terminated")
        raise


def _submit_one(
    planned: PlannedJob, done: Mapping[str, Submission], client: Submitter, job_name: str
) -> Submission:
    for upstream in planned.upstream_keys:
        if done[upstream].job is None:
            return Submission(planned.key, refusal=f"job '{upstream}', which it depends on, was not accepted")
    depends_on = [_dependency(dependency, done) for dependency in planned.depends_on]
    try:
        request = complete_request(
            planned.request, job_key=planned.key, job_name=job_name, depends_on=depends_on
        )
        return Submission(planned.key, job=client.submit(request))
    except (RequestError, SubmissionRefusedError) as error:
        return Submission(planned.key, refusal=str(error))


def _dependency(dependency: PlannedDependency, done: Mapping[str, Submission]) -> JobDependency:
    if dependency.job_key is None:
        return JobDependency(type=dependency.type)
    submitted = done[dependency.job_key].job
    return JobDependency(job_id=submitted.job_id if submitted else None, type=dependency.type)
