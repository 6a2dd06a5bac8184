"""Callbacks that tell people of failed jobs and ended runs, through Airflow's notifiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseNotifier

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.notifications.message import (
    AlertMessage,
    of_failed_run,
    of_failed_task,
    of_successful_run,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

SNS_NOTIFIER: Final = "airflow.providers.amazon.aws.notifications.sns.SnsNotifier"
SNS_ARGUMENTS: Final[Mapping[str, str]] = {
    "subject": "{{ alert.subject }}",
    "message": "{{ alert.message }}",
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """
    Somebody who is told, through an Airflow notifier.

    The notifier is imported and made only when there is something to tell: parsing a DAG file
    must not import boto3.

    :param notifier: the import path of its class.
    :param arguments: its keyword arguments; their templates know ``alert`` beside Airflow's context.
    """

    notifier: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def tell(self, message: AlertMessage, context: Context) -> None:
        """
        Notify.

        :raises SpecError: there is no such notifier, or it takes other arguments.
        """
        self._notifier()({**context, "alert": message})

    def _notifier(self) -> Any:
        module, _, name = self.notifier.rpartition(".")
        try:
            return getattr(import_module(module), name)(**self.arguments)
        except (ImportError, AttributeError, TypeError) as error:
            text = f"the notifier '{self.notifier}' of 'alerts' cannot be made: {error}"
            raise SpecError(text) from error


class _Alert(BaseNotifier):
    """
    A notifier that words what has happened, and leaves to another notifier how it is sent.

    :param receiver: who is told.
    """

    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self.receiver = receiver


class JobFailedAlert(_Alert):
    """Tells a receiver that a job's task has failed for good; a task's ``on_failure_callback``."""

    def notify(self, context: Context) -> None:
        self.receiver.tell(of_failed_task(context), context)


class RunFailedAlert(_Alert):
    """Tells a receiver of a run that failed while none of its jobs did; a DAG's ``on_failure_callback``."""

    def notify(self, context: Context) -> None:
        message = of_failed_run(context)
        if message is not None:
            self.receiver.tell(message, context)


class RunSucceededAlert(_Alert):
    """Tells a receiver that a run has succeeded; a DAG's ``on_success_callback``."""

    def notify(self, context: Context) -> None:
        self.receiver.tell(of_successful_run(context), context)
