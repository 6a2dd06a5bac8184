"""Whether a task may begin in the triggerer, and what it hands to the trigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.operators.publication import PublishedJob
from airflow_batch_provider.triggers.ending import RETURN_VALUE_XCOM, followed_key

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.triggers.base import StartTriggerArgs

TRIGGER = "airflow_batch_provider.triggers.starting.BatchJobStartTrigger"


@dataclass(frozen=True, slots=True)
class TriggererStart:
    """
    A task's beginning in the triggerer.

    :param publisher: the task that publishes the job id, and the XCom's key.
    """

    publisher: PublishedJob

    @classmethod
    def of(cls, task_id: str, adopt: Any, connection: Mapping[str, Any]) -> TriggererStart:
        """
        Read an operator's arguments.

        :param adopt: what the operator was given to adopt.
        :param connection: its connection keywords.
        :raises RequestError: the task cannot begin in the triggerer.
        """
        refused = f"task '{task_id}' cannot start in the triggerer"
        publisher = _publisher(adopt)
        if publisher is None:
            raise RequestError(f"{refused}: its job is not published by another task; give it adopt=…")
        for name, value in connection.items():
            if "{{" in str(value):
                raise RequestError(f"{refused}: {name} is a template ({value}), which needs a worker")
        return cls(publisher)

    def trigger_args(self, next_method: str, **trigger_arguments: Any) -> StartTriggerArgs:
        """Write what Airflow keeps with the DAG."""
        from airflow.triggers.base import StartTriggerArgs

        task_id, key = self.publisher.task_id, self.publisher.key
        pull = f"ti.xcom_pull(task_ids={task_id!r}, key={key!r}, map_indexes=ti.map_index)"
        arguments = {
            "adopt": "{{ " + pull + " }}",
            "published_by": self.publisher.serialize(),
            **trigger_arguments,
        }
        return StartTriggerArgs(trigger_cls=TRIGGER, next_method=next_method, trigger_kwargs=arguments)

    def has_followed(self, context: Context, root: str) -> bool:
        """Whether an earlier try has followed the published job in the triggerer."""
        ti = context["ti"]
        key = followed_key(self.publisher.key)
        return bool(ti.xcom_pull(task_ids=self.publisher.task_id, key=key, map_indexes=ti.map_index) == root)


def _publisher(adopt: Any) -> PublishedJob | None:
    if isinstance(adopt, PublishedJob):
        return adopt
    task_id = getattr(getattr(adopt, "operator", None), "task_id", None)
    return PublishedJob(task_id, getattr(adopt, "key", RETURN_VALUE_XCOM)) if task_id else None
