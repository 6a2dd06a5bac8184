"""Refuse what an author's DAG file adds to a task, but could not hold the task's job back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.spec.gates import Gate, gates_of, trigger_rule_of
from airflow_batch_provider.spec.models import TriggerRule

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.definitions.mappedoperator import MappedOperator


@dataclass(frozen=True, slots=True)
class ClosedUpstream:
    """
    The upstream tasks of a task whose job another task submits.

    :param submitter: the task that submits the job.
    :param known: the upstream tasks that the planner knows; AWS Batch enforces their order.
    :param remedy: what an author can do who wants another task upstream.
    """

    submitter: str
    known: frozenset[str]
    remedy: str

    def check(self, task: BaseOperator) -> None:
        """
        Check the task in its finished DAG.

        :raises RequestError: an upstream task or a setting of the task is unknown to the planner.
        """
        problem = f"another task submits the job of task '{task.task_id}'"
        if added := task.upstream_task_ids - self.known - self._upstream_of_submitter(task):
            raise RequestError(
                f"{problem}, so that the upstream task '{min(added)}' would not hold the job back; "
                f"{self.remedy}"
            )
        names = [str(gate) for gate in gates_of(_settings(task))]
        if trigger_rule_of(_settings(task)) != TriggerRule.ALL_SUCCESS:
            names.append("trigger_rule")
        submitter = self._submitter(task)
        if submitter is not None and task.end_date != submitter.end_date:
            names.append("end_date")
        if names:
            raise RequestError(
                f"{problem}, so that {names[0]}, which the DAG file sets, would not hold the job back; "
                "set it in the spec or in default_args"
            )

    def _upstream_of_submitter(self, task: BaseOperator) -> set[str]:
        """Return the tasks that hold the job back although they are not upstream of its task alone."""
        submitter = self._submitter(task)
        if submitter is None or task.upstream_task_ids <= self.known:
            return set()
        return set(submitter.get_flat_relative_ids(upstream=True))

    def _submitter(self, task: BaseOperator) -> BaseOperator | MappedOperator | None:
        dag = task.get_dag()
        # A process that runs one task may build that task alone.
        return dag.get_task(self.submitter) if dag is not None and dag.has_task(self.submitter) else None


def _settings(task: BaseOperator) -> dict[str, object]:
    # Every operator has a method `pre_execute`.
    names = [*(set(Gate) - {Gate.PRE_EXECUTE}), "pool_slots", "trigger_rule"]
    return {str(name): getattr(task, name) for name in names}
