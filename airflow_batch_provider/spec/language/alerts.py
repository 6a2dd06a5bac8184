"""Whom a workflow tells how its jobs have ended."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from airflow_batch_provider.spec.language.base import LanguageModel


class SnsTopic(LanguageModel):
    """An SNS topic; published to through the amazon provider's ``SnsNotifier``."""

    topic_arn: str
    """The topic's ARN."""
    aws_conn_id: str | None = None
    """The Airflow connection; the workflow's unless given."""
    region_name: str | None = None
    """The topic's region; the workflow's unless given."""


class Alert(LanguageModel):
    """One receiver: ``sns``, or any Airflow notifier by its import path."""

    sns: SnsTopic | None = None
    """An SNS topic."""
    notifier: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
    """A notifier class: ``airflow.providers.slack.notifications.slack.SlackNotifier``."""
    arguments: dict[str, Any] | None = None
    """The notifier's keyword arguments; templates can say ``alert.subject`` and ``alert.message``."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> Alert:
        if (self.sns is None) == (self.notifier is None):
            raise ValueError("an alert has either 'sns' or 'notifier'")
        if self.sns is not None and self.arguments is not None:
            raise ValueError("'arguments' goes with 'notifier'")
        return self


class Alerts(LanguageModel):
    """Whom to tell what."""

    on_failure: tuple[Alert, ...] = ()
    """Told of each job whose task has failed for good, with the reason, the run and the log."""
    on_success: tuple[Alert, ...] = ()
    """Told when a run has succeeded."""
