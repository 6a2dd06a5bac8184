"""The log group and the log stream of a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.containers import Container
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job

DEFAULT_GROUP: Final = "/aws/batch/job"
MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class LogDestination:
    """A log stream of a log group."""

    group: str
    stream: str


def destination_of(job: Job, attempt: Attempt, container: Container) -> LogDestination:
    """Return a container's log stream: AWS Batch's default unless its ``logConfiguration`` sets another."""
    options: Mapping[str, str] = container.described.get("logConfiguration", {}).get("options", {})
    prefix = options.get("awslogs-stream-prefix", job.spec.definition_name[:MAX_NAME])
    return LogDestination(
        group=options.get("awslogs-group", DEFAULT_GROUP),
        stream=f"{prefix}/{container.name}/{attempt.task_id}",
    )
