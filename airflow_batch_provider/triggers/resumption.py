"""How a deferred task continues: with what its trigger left, or again if the trigger could not run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.handover import map_index_of

if TYPE_CHECKING:
    from airflow.sdk import Context

TRIGGER_FAILURE_XCOM: Final = "trigger_failure"
"""The number of the task's try in which its trigger has failed once."""

# Airflow's values, which each supported version has in another module.
_FAILED: Final = "__fail__"
_TIMEOUT: Final = "Trigger timeout"


def starts_again(
    task: Any, next_method: str, next_kwargs: Mapping[str, Any] | None, context: Context
) -> bool:
    """
    Whether a task whose trigger failed should start again in this worker, and defer with a new trigger.

    A trigger fails if its row names a class that the triggerer does not have, or has keywords that the
    class does not accept. The worker writes a row of its own version. A second failure in the same try is
    Airflow's to handle: it uses a retry.
    """
    failure = next_kwargs or {}
    if next_method != _FAILED or failure.get("error") == _TIMEOUT:
        return False
    ti = context["ti"]
    failed_in = ti.xcom_pull(task_ids=ti.task_id, key=TRIGGER_FAILURE_XCOM, map_indexes=map_index_of(ti))
    if failed_in == ti.try_number:
        return False
    ti.xcom_push(key=TRIGGER_FAILURE_XCOM, value=ti.try_number)
    lines = "".join(failure.get("traceback") or ()).strip().splitlines()
    task.log.warning(
        "The task's trigger failed in the triggerer (%s). This can happen if triggerers and workers run "
        "different versions of airflow-batch-provider. The task continues with a new trigger",
        lines[-1] if lines else "Airflow gives no reason",
    )
    return True


def accepted_keywords(
    task: Any, next_method: str, next_kwargs: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return the keywords for ``next_method``, without those that only other versions know."""
    method: Callable[..., Any] | None = getattr(task, next_method, None)
    if next_kwargs is None:
        return None
    if method is None:
        return dict(next_kwargs)
    parameters = inspect.signature(method).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return dict(next_kwargs)
    ignored = [name for name in next_kwargs if name not in parameters]
    if ignored:
        task.log.warning(
            "The task ignores what another version of airflow-batch-provider passed to its %s: %s",
            next_method,
            ", ".join(ignored),
        )
    return {name: value for name, value in next_kwargs.items() if name in parameters}
