"""Callbacks that send alerts about failed jobs and completed runs through Airflow's notifiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseNotifier

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.notifications.message import (
    AlertMessage,
    describe_failed_run,
    describe_failed_task,
    describe_successful_run,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

SNS_NOTIFIER: Final = "airflow.providers.amazon.aws.notifications.sns.SnsNotifier"
SNS_ARGUMENTS: Final[Mapping[str, str]] = {
    "subject": "{{ alert.subject }}",
    "message": "{{ alert.message }}",
}


@dataclass(frozen=True, slots=True)
class AlertTarget:
    """
    An Airflow notifier that sends alerts.

    The notifier is imported and created only when an alert is sent: parsing a DAG file must not
    import boto3.

    :param notifier: the import path of the notifier class.
    :param arguments: its keyword arguments; their templates can use ``alert`` and Airflow's context.
    """

    notifier: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def notify(self, message: AlertMessage, context: Context) -> None:
        """
        Send an alert.

        :raises SpecError: the notifier does not exist, or does not accept the arguments.
        """
        self._notifier()({**context, "alert": message})

    def _notifier(self) -> Any:
        module, _, name = self.notifier.rpartition(".")
        try:
            return getattr(import_module(module), name)(**self.arguments)
        except (ImportError, AttributeError, TypeError) as error:
            raise SpecError(
                f"cannot create notifier '{self.notifier}', which 'alerts' of the spec uses: {error}. "
                "Check its import path and arguments"
            ) from error


class _Alert(BaseNotifier):
    """
    A notifier that composes the message and lets another notifier send it.

    :param target: sends the alert.
    """

    def __init__(self, target: AlertTarget) -> None:
        super().__init__()
        self.target = target


class JobFailedAlert(_Alert):
    """Send an alert when a task has failed and has no retries left: its ``on_failure_callback``."""

    def notify(self, context: Context) -> None:
        self.target.notify(describe_failed_task(context), context)


class RunFailedAlert(_Alert):
    """Send an alert when a run fails without a failed task: a DAG's ``on_failure_callback``."""

    def notify(self, context: Context) -> None:
        message = describe_failed_run(context)
        if message is not None:
            self.target.notify(message, context)


class RunSucceededAlert(_Alert):
    """Send an alert when a run succeeds: a DAG's ``on_success_callback``."""

    def notify(self, context: Context) -> None:
        self.target.notify(describe_successful_run(context), context)
