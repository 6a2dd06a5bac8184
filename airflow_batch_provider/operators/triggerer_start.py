"""Start a task in the triggerer, without a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.handover import RETURN_VALUE_XCOM, PublishedJob, followed_key, map_index_of
from airflow_batch_provider.spec.values import is_template

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context
    from airflow.triggers.base import StartTriggerArgs

TRIGGER: Final = "airflow_batch_provider.triggers.starting.BatchJobStartTrigger"


@dataclass(frozen=True, slots=True)
class TriggererStart:
    """
    How a task starts in the triggerer.

    :param publisher: the task that publishes the job ID, and the XCom's key.
    """

    publisher: PublishedJob

    @classmethod
    def parse(cls, task_id: str, adopt: Any, connection: Mapping[str, Any]) -> TriggererStart:
        """
        Read an operator's arguments.

        :param adopt: the operator's ``adopt``.
        :param connection: its connection keywords.
        :raises RequestError: the task cannot start in the triggerer.
        """
        problem = f"task '{task_id}' cannot start in the triggerer"
        publisher = publisher_of(adopt)
        if publisher is None:
            raise RequestError(
                f"{problem}: no other task publishes its job; set adopt, or remove start_in_triggerer"
            )
        for name, value in connection.items():
            if not isinstance(value, str | bool | Mapping | None) or is_template(str(value)):
                raise RequestError(
                    f"{problem}: {name} is a template ({value}), which only a worker can render; "
                    "write a literal value, or remove start_in_triggerer"
                )
        return cls(publisher)

    def trigger_args(self, next_method: str, **trigger_arguments: Any) -> StartTriggerArgs:
        """Return what Airflow stores with the DAG."""
        from airflow.triggers.base import StartTriggerArgs

        task_id, key = self.publisher.task_id, self.publisher.key
        # Without map_indexes, xcom_pull asks for a sequence of XComs. The triggerer's supervisor does not
        # know that request and never answers: the task would stay deferred forever.
        pull = f"ti.xcom_pull(task_ids={task_id!r}, key={key!r}, map_indexes=ti.map_index)"
        arguments = {
            "adopt": "{{ " + pull + " }}",
            "published_by": self.publisher.serialize(),
            **trigger_arguments,
        }
        return StartTriggerArgs(trigger_cls=TRIGGER, next_method=next_method, trigger_kwargs=arguments)

    def has_followed(self, context: Context, root: str) -> bool:
        """Whether an earlier try followed the published job in the triggerer."""
        ti = context["ti"]
        key = followed_key(self.publisher.key)
        return bool(
            ti.xcom_pull(task_ids=self.publisher.task_id, key=key, map_indexes=map_index_of(ti)) == root
        )


def starts_in_worker(task: BaseOperator) -> bool:
    """Whether a task has a setting for which Airflow needs a worker when the task starts."""
    return bool(task.on_execute_callback) or task.map_index_template is not None


def publisher_of(adopt: Any) -> PublishedJob | None:
    """Return which task publishes the job of an operator's ``adopt``; None if no task does."""
    if isinstance(adopt, PublishedJob):
        return adopt
    task_id = getattr(getattr(adopt, "operator", None), "task_id", None)
    return PublishedJob(task_id, getattr(adopt, "key", RETURN_VALUE_XCOM)) if task_id else None
