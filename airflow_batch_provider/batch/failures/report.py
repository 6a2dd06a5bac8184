"""The report of an ended job: its logs, its failed children, and why it failed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from airflow_batch_provider import defaults
from airflow_batch_provider.batch.failures.array_result import ArrayResult, classify_child
from airflow_batch_provider.batch.failures.classification import Failure, FailureClass, classify
from airflow_batch_provider.batch.failures.messages import array_failure_message, job_failure_message
from airflow_batch_provider.batch.job import JobDescription, JobStatus, JobSummary
from airflow_batch_provider.batch.logs import DEFAULT_LOG_GROUP, LogTail
from airflow_batch_provider.errors import JobFailedError, JobFailedPermanentlyError

if TYPE_CHECKING:
    from airflow_batch_provider.batch.log_streams import LogStream

log = logging.getLogger(__name__)

LogUrl = Callable[[str, str], str]
"""Returns the console URL of a log stream, given its log group and its name."""


class ChildJobs(Protocol):
    """The part of ``BatchClient`` that reads the children of an array job."""

    def list_failed_children(self, job_id: str) -> list[JobSummary]: ...

    def describe(self, job_ids: Sequence[str]) -> dict[str, JobDescription]: ...


class LogReader(Protocol):
    """The part of ``JobLogs`` that reads one stream."""

    def read(self, log_stream: str, log_group: str | None = None, *, lines_max: int) -> LogTail: ...


@dataclass(frozen=True, slots=True)
class AttemptLog:
    """The log of one attempt, or of one of its containers, with its console URL."""

    stream: LogStream
    text: LogTail
    url: str


@dataclass(frozen=True, slots=True)
class JobReport:
    """
    The report of an ended job.

    :param logs: the logs of all attempts, oldest first; an array job has none of its own.
    :param array: the result of its children; None for a plain job.
    :param children: the reports of the first failed children.
    """

    job_key: str
    job: JobDescription
    logs: tuple[AttemptLog, ...] = ()
    array: ArrayResult | None = None
    children: tuple[JobReport, ...] = ()

    @property
    def failure(self) -> Failure:
        """The kind of failure of a failed job."""
        return (self.array.failure if self.array else None) or classify(self.job)

    @property
    def retryable(self) -> bool:
        """Whether a retry could succeed without a change by a user."""
        return self.array.retryable if self.array and self.array.failed else classify(self.job).retryable

    @property
    def program_exit_codes(self) -> tuple[int | None, ...]:
        """
        The exit code of the job, or those of its failed children.

        None for a program that did not end on its own: the exit code of a terminated container does
        not come from its program.
        """
        if self.array is not None:
            return tuple(_program_exit_code(child.exit_code, child.failure) for child in self.array.failed)
        return (_program_exit_code(self.job.exit_code, classify(self.job)),)

    @property
    def error(self) -> JobFailedError:
        """The exception to raise for the failed job."""
        return (JobFailedError if self.retryable else JobFailedPermanentlyError)(self.message)

    @property
    def message(self) -> str:
        """Why the job failed, and what to do."""
        if self.array is None:
            return job_failure_message(self.job_key, self.job, self._last_lines)
        first = self.children[0].message if self.children else None
        return array_failure_message(self.job_key, self.job, self.array, first)

    def lines(self) -> Iterator[str]:
        """Yield the lines of all logs; each attempt is a group that Airflow's log view collapses."""
        for attempt in self.logs:
            yield from _log_group_lines(attempt, self.job_key, self.job)
        for child in self.children:
            yield from child.lines()

    @property
    def _last_lines(self) -> Sequence[str]:
        if not self.logs or self.logs[-1].stream.attempt < self.job.attempts_made:
            return ()  # the last attempt has no log
        return self.logs[-1].text.lines[-defaults.LOG_LINES_IN_MESSAGE :]


class JobReporter:
    """
    Collect the logs and failures of ended jobs.

    :param log_url: returns the console URL of a log stream.
    :param log_lines_max: last lines to keep of each attempt's log.
    :param children_shown: failed children of an array job whose logs to read.
    """

    def __init__(
        self,
        batch: ChildJobs,
        logs: LogReader,
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
        Read a job's logs and, for a failed array job, its failed children.

        This takes one ListJobs call per 1,000 failed children and one DescribeJobs call for the
        children shown. A failed call is logged, not raised: it must not hide how the job ended.
        """
        if job.array is None:
            return _plain_report(job_key, job, self._logs_of(job))
        array = job.children
        if job.has_succeeded:
            return JobReport(job_key, job, array=ArrayResult(array.size, (), array.size))
        listed, described = self._failed_children(job)
        failed = listed or []
        # A retry numbers its children from 0; authors know them by their indexes in the whole array.
        indices = {child.job_id: array.indices[child.index] for child in failed}
        result = ArrayResult(
            array.size,
            tuple(classify_child(child, child.job_id, indices[child.job_id]) for child in failed),
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
            failed = self._batch.list_failed_children(job.job_id)
            # Summaries have no log streams; describe only the children that are shown.
            shown = [child.job_id for child in failed[: self._children_shown]]
            described = self._batch.describe(shown)
            return failed, {job_id: described[job_id] for job_id in shown if job_id in described}
        except (BotoCoreError, ClientError) as error:
            log.warning("Could not list or describe the failed children of job %s: %s", job.job_id, error)
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


def _plain_report(job_key: str, job: JobDescription, logs: tuple[AttemptLog, ...]) -> JobReport:
    """Report a plain job, which can be a single child of an array job that runs again."""
    if job.subset is None:
        return JobReport(job_key, job, logs)
    (index,) = job.subset.indices
    if job.has_succeeded:
        return JobReport(job_key, job, logs, array=ArrayResult(job.subset.size, (), job.subset.size))
    result = ArrayResult(job.subset.size, (classify_child(job, job.job_id, index),), job.subset.size - 1)
    return JobReport(job_key, job, array=result, children=(JobReport(f"{job_key}:{index}", job, logs),))


def _succeeded(job: JobDescription, failed: int) -> int:
    """
    Count the succeeded children of the author's array.

    These are all but the failed ones. Without failed children, the array job ended before its
    children did: then AWS's count, and the children that an earlier job already ran.
    """
    if failed or job.array is None:
        return job.children.size - failed
    succeeded_before = job.children.size - job.array.size
    return succeeded_before + job.array.count(JobStatus.SUCCEEDED)


def _program_exit_code(exit_code: int | None, failure: Failure) -> int | None:
    return exit_code if failure.kind in (FailureClass.USER, FailureClass.OOM) else None


def _log_group_lines(attempt: AttemptLog, job_key: str, job: JobDescription) -> Iterator[str]:
    stream, text = attempt.stream, attempt.text
    container = f", container {stream.container}" if stream.container else ""
    allowed = max(job.attempts_allowed, stream.attempt)
    yield f"::group::Log of job '{job_key}', attempt {stream.attempt} of {allowed}{container}: {stream.name}"
    if text.omitted or text.is_lower_bound:
        at_least = "at least " if text.is_lower_bound or text.error else ""
        yield f"… {at_least}{text.omitted:,} earlier lines omitted; full log: {attempt.url}"
    yield from text.lines
    if text.error:
        rest = "the rest of " if text.lines else ""
        yield f"Could not read {rest}the log: {text.error}; see {attempt.url}"
    yield "::endgroup::"
