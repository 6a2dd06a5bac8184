"""How a job's task ends when its job has: with its logs, its result, and the state that it deserves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.sdk import Asset

from airflow_batch_provider import defaults
from airflow_batch_provider.errors import JobFailedError, JobFailedPermanentlyError, RequestError
from airflow_batch_provider.exit_codes import ExitAction, ExitCodeActions
from airflow_batch_provider.hooks.settings import log_lines
from airflow_batch_provider.triggers.ending import ARRAY_XCOM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk import Context

    from airflow_batch_provider.batch.failures.report import JobReport
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.hooks.batch import BatchHook

_NO_RULES: Final = ExitCodeActions({})


class FollowingTask(Protocol):
    """The part of an operator that is needed here."""

    job_key: str

    @property
    def hook(self) -> BatchHook: ...

    @property
    def log(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """
    What the author wants to see of a job's end, and what its exit codes mean.

    :param log_lines: lines of each attempt's log to show, the last ones; Airflow's configuration
        ``[batch_provider] log_lines`` unless given.
    :param children_shown: failed children of an array job whose logs are shown.
    """

    log_lines: int | None = None
    children_shown: int = defaults.FAILED_CHILDREN_SHOWN
    rules: ExitCodeActions = _NO_RULES

    @classmethod
    def of(
        cls,
        task_id: str,
        *,
        log_lines: int | None = None,
        failed_children_logs: int | None = None,
        exit_codes: Mapping[Any, Any] | None = None,
    ) -> Ending:
        """
        Read an operator's arguments.

        :raises RequestError: a value is none that can be; the text names it.
        """
        shown = defaults.FAILED_CHILDREN_SHOWN if failed_children_logs is None else failed_children_logs
        for name, number in (("log_lines", log_lines), ("failed_children_logs", shown)):
            if number is not None and number < 0:
                raise RequestError(f"task '{task_id}': {name} is {number}; write 0 or more")
        try:
            return cls(log_lines, shown, ExitCodeActions.parse(exit_codes))
        except ValueError as error:
            raise RequestError(f"task '{task_id}': exit_codes: {error}") from None

    @property
    def log_lines_max(self) -> int:
        return log_lines(self.log_lines)

    def show(self, task: FollowingTask, job: JobDescription) -> JobReport:
        """Show in the task's log what the job, or its first failed children, have printed."""
        report = task.hook.report(
            job, task.job_key, log_lines_max=self.log_lines_max, children_shown=self.children_shown
        )
        for line in report.lines():
            task.log.info("%s", line)
        return report

    def show_printed(self, task: FollowingTask, job_ids: Sequence[str]) -> None:
        """Show what jobs have printed that were terminated before their end."""
        try:
            for job in task.hook.batch.describe(job_ids).values():
                self.show(task, job)
        except Exception:  # must not hide why they were terminated
            task.log.warning("What %s printed cannot be shown", ", ".join(job_ids), exc_info=True)

    def conclude(self, task: FollowingTask, context: Context, report: JobReport) -> None:
        """
        Publish how an array's children ended; return where the task succeeds.

        The assets that the task produces are then told which job has produced them.

        :raises AirflowSkipException: the author's rules skip the task.
        :raises JobFailedError: the job failed, and a retry could help.
        :raises JobFailedPermanentlyError: no retry could help, or the author's rules say so.
        """
        if report.array is not None and report.array.succeeded is not None:
            context["ti"].xcom_push(key=ARRAY_XCOM, value=report.array.to_json())
        if not report.job.has_succeeded:
            self._judge(task, report)
        _tell_assets(context, report.job)

    def _judge(self, task: FollowingTask, report: JobReport) -> None:
        """Raise what a failure comes to; return where its exit code means success."""
        match self.rules.action_for(report.program_exit_codes):
            case ExitAction.SUCCEED:
                task.log.warning("Its exit code means success: %s", report.message)
                return
            case ExitAction.SKIP:
                # Airflow does not log the text of a skip.
                task.log.warning("Its exit code means that the task is skipped: %s", report.message)
                raise AirflowSkipException(report.message)
            case ExitAction.FAIL:
                raise JobFailedPermanentlyError(
                    f"its exit code means that no retry can help: {report.message}"
                )
            case ExitAction.RETRY:
                raise JobFailedError(report.message)
        raise report.error


def ends_in_triggerer(task: Any, *, is_wanted: bool) -> bool:
    """Whether nothing is left for a worker once the job of a task has succeeded."""
    from airflow.triggers.base import BaseTrigger

    is_known_to_work = hasattr(BaseTrigger, "on_kill")  # since Airflow 3.3
    return (
        is_known_to_work
        and is_wanted
        and not task.outlets
        and not task.on_success_callback
        and task._post_execute_hook is None
    )


def _tell_assets(context: Context, job: JobDescription) -> None:
    """
    Let the event of each asset that the task produces say which job it comes from.

    Airflow writes the events when the task has succeeded in a worker; OpenLineage takes the assets
    for the task's outputs.
    """
    for asset in context["task"].outlets if "outlet_events" in context else ():
        if isinstance(asset, Asset):
            facts = {"job_id": job.job_id, "job_name": job.job_name, "job_queue": job.job_queue}
            context["outlet_events"][asset].extra.update(facts)
