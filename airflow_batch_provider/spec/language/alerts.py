"""Alerts: notifications about failed jobs and finished runs."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from airflow_batch_provider.spec.language.base import LanguageModel


class SnsTopic(LanguageModel):
    """An SNS topic. The amazon provider's ``SnsNotifier`` publishes the message."""

    topic_arn: str
    """The ARN of the topic."""
    aws_conn_id: str | None = None
    """The Airflow connection. The default is the connection of the workflow."""
    region_name: str | None = None
    """The region of the topic. The default is the region of the workflow."""


class Alert(LanguageModel):
    """A recipient of a notification: an SNS topic, or any Airflow notifier."""

    sns: SnsTopic | None = None
    """An SNS topic."""
    notifier: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """The import path of a notifier class: ``airflow.providers.slack.notifications.slack.SlackNotifier``."""
    arguments: dict[str, Any] | None = None
    """The keyword arguments of the notifier. Templates can use ``alert.subject`` and ``alert.message``."""

    @model_validator(mode="after")
    def _check_recipient(self) -> Alert:
        if (self.sns is None) == (self.notifier is None):
            raise ValueError("an alert requires exactly one of 'sns' and 'notifier'")
        if self.sns is not None and self.arguments is not None:
            raise ValueError("'arguments' is allowed only with 'notifier'")
        return self


class Alerts(LanguageModel):
    """The recipients of notifications, by event."""

    on_failure: tuple[Alert, ...] = ()
    """Notified of each job whose task fails and has no retries left, with reason, run and log."""
    on_success: tuple[Alert, ...] = ()
    """Notified when a run succeeds."""
