"""How a job's task ends in a worker: its log, its XComs and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.sdk import Asset

from airflow_batch_provider import defaults
from airflow_batch_provider.errors import JobFailedError, JobFailedPermanentlyError, RequestError
from airflow_batch_provider.exit_codes import ExitAction, ExitCodeActions
from airflow_batch_provider.hooks.settings import log_lines
from airflow_batch_provider.task_end import task_end

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from airflow_batch_provider.batch.failures.report import JobReport
    from airflow_batch_provider.batch.job import JobDescription
    from airflow_batch_provider.operators.roles import JobTask

_NO_ACTIONS: Final = ExitCodeActions({})


@dataclass(frozen=True, slots=True)
class EndPolicy:
    """
    What the author wants a task to show of its job's end, and what the job's exit codes mean.

    :param log_lines: the number of last lines of each attempt's log to show; None for
        ``[batch_provider] log_lines``.
    :param children_shown: the number of failed children of an array job whose logs are shown.
    """

    log_lines: int | None = None
    children_shown: int = defaults.FAILED_CHILDREN_SHOWN
    actions: ExitCodeActions = _NO_ACTIONS

    @classmethod
    def parse(
        cls,
        task_id: str,
        *,
        log_lines: int | None = None,
        failed_children_logs: int | None = None,
        exit_codes: Mapping[Any, Any] | None = None,
    ) -> EndPolicy:
        """
        Read an operator's arguments.

        :raises RequestError: a value is invalid; the message names it.
        """
        shown = defaults.FAILED_CHILDREN_SHOWN if failed_children_logs is None else failed_children_logs
        for name, number in (("log_lines", log_lines), ("failed_children_logs", shown)):
            if number is not None and number < 0:
                raise RequestError(f"task '{task_id}': {name} is {number}; it must be 0 or more")
        try:
            return cls(log_lines, shown, ExitCodeActions.parse(exit_codes))
        except ValueError as error:
            raise RequestError(f"task '{task_id}': exit_codes: {error}") from None

    @property
    def may_skip(self) -> bool:
        """Whether an exit code skips the task."""
        return ExitAction.SKIP in self.actions.actions.values()

    @property
    def log_lines_max(self) -> int:
        return log_lines(self.log_lines)

    def show(
        self, task: JobTask, context: Context, job: JobDescription, *, publishes: bool = True
    ) -> JobReport:
        """Log what the job, or its first failed children, printed; publish its links and array result."""
        report = task.hook.report(
            job,
            task.job_key,
            log_lines_max=self.log_lines_max,
            children_shown=self.children_shown,
            renews=publishes,
        )
        # Airflow's operator links read this attribute when the task ends in a worker.
        task.console_reference = task.hook.console_reference(job)
        end = task_end(report, task.console_reference, task.operator_extra_links)
        for line in end.lines:
            task.log.info("%s", line)
        for key, value in end.xcoms.items() if publishes else ():
            context["ti"].xcom_push(key=key, value=value)
        return report

    def show_terminated(
        self, task: JobTask, context: Context, job_ids: Sequence[str], *, publishes: bool
    ) -> None:
        """
        Show the end of jobs that this task has just terminated.

        :param publishes: False in a signal handler: the interrupted code may be talking to Airflow's
            supervisor, and a second call would wait for its lock forever.
        """
        try:
            for job in task.hook.batch.describe(job_ids).values():
                self.show(task, context, job, publishes=publishes)
        except Exception:  # must not hide why the jobs were terminated
            task.log.warning("Could not show the logs of jobs %s", ", ".join(job_ids), exc_info=True)

    def conclude(self, task: JobTask, context: Context, report: JobReport) -> None:
        """
        Return if the task succeeds; raise if it does not.

        The events of the assets that the task produces then name the job.

        :raises AirflowSkipException: an exit code's action skips the task.
        :raises JobFailedError: the job failed, and a retry could succeed.
        :raises JobFailedPermanentlyError: the job failed, and no retry could succeed or the action of
            its exit code is ``fail``.
        """
        if not report.job.has_succeeded:
            self._raise_failure(task, report)
        _add_job_to_asset_events(context, report.job)

    def _raise_failure(self, task: JobTask, report: JobReport) -> None:
        """Raise the exception for a failed job's exit code; return if its action is ``succeed``."""
        match self.actions.action_for(report.program_exit_codes):
            case ExitAction.SUCCEED:
                task.log.warning(
                    "The task succeeds although its job failed, because of exit_codes: %s", report.message
                )
                return
            case ExitAction.SKIP:
                # Airflow does not log the text of a skip.
                task.log.warning("The task is skipped because of exit_codes: %s", report.message)
                raise AirflowSkipException(report.message)
            case ExitAction.FAIL:
                raise JobFailedPermanentlyError(
                    f"the task fails without a retry because of exit_codes: {report.message}"
                )
            case ExitAction.RETRY:
                raise JobFailedError(report.message)
        raise report.error


def ends_in_triggerer(task: Any, *, is_wanted: bool) -> bool:
    """Whether the triggerer can end a task whose job has succeeded: a worker would have nothing to do."""
    from airflow.triggers.base import BaseTrigger

    has_task_events = hasattr(BaseTrigger, "on_kill")  # Airflow 3.3 and later
    return (
        has_task_events
        and is_wanted
        and not task.outlets
        and not task.on_success_callback
        and task._post_execute_hook is None
    )


def _add_job_to_asset_events(context: Context, job: JobDescription) -> None:
    """
    Name the job in the event of each asset that the task produces.

    Airflow writes the events when the task has succeeded in a worker; OpenLineage reports the assets
    as the task's outputs.
    """
    for asset in context["task"].outlets if "outlet_events" in context else ():
        if isinstance(asset, Asset):
            facts = {"job_id": job.job_id, "job_name": job.job_name, "job_queue": job.job_queue}
            context["outlet_events"][asset].extra.update(facts)
