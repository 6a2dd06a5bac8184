"""What there is to say of a job that has ended: its logs, its children, and why it failed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.failures.array_result import ArrayResult, failed_child
from airflow_batch_provider.batch.failures.classification import Failure, FailureClass, classify
from airflow_batch_provider.batch.failures.sentences import array_failure_sentence, failure_sentence
from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary
from airflow_batch_provider.batch.log_streams import LogStream
from airflow_batch_provider.batch.logs import DEFAULT_LOG_GROUP, LogText
from airflow_batch_provider.errors import JobFailedError, JobFailedForGoodError

log = logging.getLogger(__name__)

_LINES_IN_A_SENTENCE: Final = 5

LogUrl = Callable[[str, str], str]
"""The address of a log group's stream in the console."""


class Children(Protocol):
    """The part of ``BatchClient`` that looks at the children of an array job."""

    def failed_children(self, job_id: str) -> list[JobSummary]: ...

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]: ...


class Logs(Protocol):
    """The part of ``JobLogs`` that reads one stream."""

    def read(self, log_stream: str, log_group: str | None = None, *, lines_max: int) -> LogText: ...


@dataclass(frozen=True, slots=True)
class AttemptLog:
    """The log of one attempt, or of one of its containers, and its address in the console."""

    stream: LogStream
    text: LogText
    url: str


@dataclass(frozen=True, slots=True)
class JobReport:
    """
    A job that has ended.

    :param logs: of all its attempts, the oldest first; an array job has none of its own.
    :param array: how its children ended; None for a plain job.
    :param children: the first of those that failed.
    """

    job_key: str
    job: JobDescription
    logs: tuple[AttemptLog, ...] = ()
    array: ArrayResult | None = None
    children: tuple[JobReport, ...] = ()

    @property
    def failure(self) -> Failure:
        """What kind of failure it was; for a job that failed."""
        return (self.array.failure if self.array else None) or classify(self.job)

    @property
    def retryable(self) -> bool:
        """Whether a retry could help without anybody changing anything."""
        return self.array.retryable if self.array and self.array.failed else classify(self.job).retryable

    @property
    def own_exit_codes(self) -> tuple[int | None, ...]:
        """
        The exit code of the job, or those of its failed children.

        None for what did not end by itself: a terminated container's code is not its program's word.
        """
        if self.array is not None:
            return tuple(_own(child.exit_code, child.failure) for child in self.array.failed)
        return (_own(self.job.exit_code, classify(self.job)),)

    @property
    def error(self) -> JobFailedError:
        """What is raised for it."""
        return (JobFailedError if self.retryable else JobFailedForGoodError)(self.sentence)

    @property
    def sentence(self) -> str:
        """Say why it failed."""
        if self.array is None:
            return failure_sentence(self.job_key, self.job, self._last_lines)
        first = self.children[0].sentence if self.children else None
        return array_failure_sentence(self.job_key, self.job, self.array, first)

    def lines(self) -> Iterator[str]:
        """Write the logs, attempt by attempt, as groups that Airflow's log view folds."""
        for attempt in self.logs:
            yield from _lines_of(attempt, self.job_key, self.job)
        for child in self.children:
            yield from child.lines()

    @property
    def _last_lines(self) -> Sequence[str]:
        if not self.logs or self.logs[-1].stream.attempt < self.job.attempts_made:
            return ()  # the last attempt never printed anything
        return self.logs[-1].text.lines[-_LINES_IN_A_SENTENCE:]


class JobReporter:
    """
    Gathers what there is to say of a job that has ended.

    :param log_url: makes the address of a log group's stream in the console.
    :param log_lines_max: lines of one attempt's log that are kept, its last ones.
    :param children_shown: failed children of an array job whose logs are read.
    """

    def __init__(
        self,
        batch: Children,
        logs: Logs,
        log_url: LogUrl,
        *,
        log_lines_max: int = defaults.LOG_LINES_MAX,
        children_shown: int = defaults.FAILED_CHILDREN_SHOWN,
    ) -> None:
        self._batch = batch
        self._logs = logs
        self._log_url = log_url
        self._log_lines_max = log_lines_max
        self._children_shown = children_shown

    def report(self, job_key: str, job: JobDescription) -> JobReport:
        """
        Look at a job's logs and, if it is an array job that failed, at its failed children.

        One ListJobs call for a thousand failed children, one DescribeJobs call for those that are
        shown. What cannot be looked at is a line in our own log; it must not hide how the job ended.
        """
        if job.array is None:
            return _only_child(job_key, job, self._logs_of(job))
        whole = job.children
        if job.has_succeeded:
            return JobReport(job_key, job, array=ArrayResult(whole.size, (), whole.size))
        listed, described = self._failed_children(job)
        failed = listed or []
        indices = {child.job_id: whole.indices[child.index] for child in failed}
        result = ArrayResult(
            whole.size,
            tuple(failed_child(child, child.job_id, indices[child.job_id]) for child in failed),
            succeeded=None if listed is None else _succeeded(job, len(failed)),
        )
        children = tuple(
            JobReport(f"{job_key}:{indices[job_id]}", child, self._logs_of(child))
            for job_id, child in described.items()
        )
        return JobReport(job_key, job, array=result, children=children)

    def _failed_children(
        self, job: JobDescription
    ) -> tuple[list[JobSummary] | None, dict[str, JobDescription]]:
        failed: list[JobSummary] | None = None
        try:
            failed = self._batch.failed_children(job.job_id)
            shown = [child.job_id for child in failed[: self._children_shown]]
            described = self._batch.describe(shown)
            return failed, {job_id: described[job_id] for job_id in shown if job_id in described}
        except (BotoCoreError, ClientError) as error:
            log.warning("The failed children of job %s cannot be looked at: %s", job.job_id, error)
            return failed, {}

    def _logs_of(self, job: JobDescription) -> tuple[AttemptLog, ...]:
        group = job.log_group or DEFAULT_LOG_GROUP
        return tuple(
            AttemptLog(
                stream,
                self._logs.read(stream.name, group, lines_max=self._log_lines_max),
                self._log_url(group, stream.name),
            )
            for stream in job.log_streams
        )


def _only_child(job_key: str, job: JobDescription, logs: tuple[AttemptLog, ...]) -> JobReport:
    """Report of a plain job, which may be the only child of an array that was run again."""
    if job.part is None:
        return JobReport(job_key, job, logs)
    (index,) = job.part.indices
    if job.has_succeeded:
        return JobReport(job_key, job, logs, array=ArrayResult(job.part.size, (), job.part.size))
    result = ArrayResult(job.part.size, (failed_child(job, job.job_id, index),), job.part.size - 1)
    return JobReport(job_key, job, array=result, children=(JobReport(f"{job_key}:{index}", job, logs),))


def _succeeded(job: JobDescription, failed: int) -> int:
    """Count the children that succeeded: all others, once those that failed are listed."""
    if failed or job.array is None:
        return job.children.size - failed
    before = job.children.size - job.array.size
    return before + job.array.count(JobStatus.SUCCEEDED)


def _own(exit_code: int | None, failure: Failure) -> int | None:
    return exit_code if failure.kind in (FailureClass.USER, FailureClass.OOM) else None


def _lines_of(attempt: AttemptLog, job_key: str, job: JobDescription) -> Iterator[str]:
    stream, text = attempt.stream, attempt.text
    container = f", container {stream.container}" if stream.container else ""
    allowed = max(job.attempts_allowed, stream.attempt)
    yield f"::group::Log of job '{job_key}', attempt {stream.attempt} of {allowed}{container}: {stream.name}"
    if text.left_out or text.is_longer:
        at_least = "at least " if text.is_longer or text.error else ""
        yield f"… {at_least}{text.left_out:,} earlier lines left out; all of them: {attempt.url}"
    yield from text.lines
    if text.error:
        yield f"The log cannot be read (any further): {text.error}; look at {attempt.url}"
    yield "::endgroup::"
