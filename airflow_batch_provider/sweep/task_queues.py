"""Read from the arguments of tasks, mapped or not, where their jobs are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID, AwsConnection

ANY_QUEUE: Final = "{{ any queue }}"
"""In place of a queue whose name comes from another task: like a template, it is not known here."""

_NAMES: Final = ("job_queue", "job_key", "backfill", *CONNECTION_FIELDS)
_UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class TaskQueues:
    """
    The queues of a task's jobs, or of some map indexes of it.

    :param job_key: None if it is not known.
    """

    task_id: str
    job_key: str | None
    connection: AwsConnection
    job_queues: tuple[str, ...]


def queues_of(task: Any) -> Iterator[TaskQueues]:
    """
    Return the queues of a task that follows a job and knows its queue.

    A mapped task has one result for each combination of the values that it is mapped over. If its connection
    comes from another task, its jobs cannot be found.
    """
    # By fields, not by class: an operator that Airflow reads
    # from its database is not an instance of its class.
    if not {"adopt", "job_queue"} <= set(task.template_fields):
        return
    for written in _instances(task):
        arguments = {name: _literal(value) for name, value in written.items()}
        connection = [arguments.get(name) for name in CONNECTION_FIELDS]
        if arguments.get("job_queue") and _UNKNOWN not in connection:
            job_key = arguments.get("job_key") or task.task_id
            yield TaskQueues(
                task_id=task.task_id,
                job_key=None if job_key is _UNKNOWN else str(job_key),
                connection=AwsConnection(*connection),
                job_queues=tuple(_job_queues(arguments)),
            )


def _job_queues(arguments: Mapping[str, Any]) -> Iterator[str]:
    """List the queue of a task, and the queue that its ``backfill`` sets in backfill runs."""
    backfill = arguments.get("backfill")
    of_backfill = _literal(backfill.get("job_queue")) if isinstance(backfill, Mapping) else backfill
    for queue in (arguments["job_queue"], of_backfill):
        if queue is _UNKNOWN:
            yield ANY_QUEUE
        elif queue:
            yield str(queue)


def _instances(task: Any) -> Iterator[Mapping[str, Any]]:
    """
    List the arguments that instances of a task may have.

    Airflow's database leaves out arguments that are None; for a mapped task, also those that were not given.
    """
    expand_input = getattr(task, "expand_input", None)
    if expand_input is None:
        yield {name: getattr(task, name, None) for name in _NAMES}
        return
    given = {"aws_conn_id": DEFAULT_CONN_ID, **_chosen(task.partial_kwargs)}
    value = expand_input.value
    if isinstance(value, Mapping):  # of expand()
        mapped = {name: _distinct(values) for name, values in _chosen(value).items()}
        for combination in product(*mapped.values()):
            yield {**given, **dict(zip(mapped, combination, strict=True))}
        return
    for each in value if isinstance(value, list | tuple) else [value]:  # of expand_kwargs()
        # If another task makes the keywords, they may include a queue.
        is_known = isinstance(each, Mapping)
        yield {**given, **_chosen(each)} if is_known else {"job_queue": _UNKNOWN, **given}


def _chosen(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in _NAMES if name in arguments}


def _distinct(values: Any) -> Sequence[Any]:
    if not isinstance(values, list | tuple):
        return [_UNKNOWN]  # the output of another task
    distinct: list[Any] = []
    for value in values:
        if value not in distinct:
            distinct.append(value)
    return distinct


def _literal(value: Any) -> Any:
    """Return the value, unless it is the output of another task."""
    return value if isinstance(value, str | bool | Mapping | None) else _UNKNOWN
