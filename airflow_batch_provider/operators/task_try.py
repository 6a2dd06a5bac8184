"""One try of a task: what the operators read from Airflow's context."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.following.identity import TEST_RUN_PREFIX, JobIdentity, SubmittedBy
from airflow_batch_provider.following.tags import identity_tags
from airflow_batch_provider.handover import TryToken, map_index_of
from airflow_batch_provider.hooks.settings import tags_jobs

if TYPE_CHECKING:
    from airflow.sdk import Context

BACKFILL: Final = "backfill"
"""Airflow's run type of a run that a backfill created."""


@dataclass(frozen=True, slots=True)
class TaskTry:
    """
    A try of a task instance.

    :param map_index: -1 for a task that is not mapped.
    :param epoch: ``ti.max_tries``; Airflow increases it when the task is cleared.
    :param retries: the operator's ``retries``.
    :param logical_date: in ISO format; None for a run without one.
    :param run_type: as Airflow writes it: ``scheduled``, ``manual``, ``backfill``, …
    :param environment: this Airflow's name in the tags of the jobs; None for jobs that may outlive the run.
    """

    dag_id: str
    run_id: str
    task_id: str
    number: int
    epoch: int
    retries: int = 0
    map_index: int = -1
    logical_date: str | None = None
    run_type: str | None = None
    environment: str | None = None

    @classmethod
    def of(cls, context: Context, retries: int | None, environment: str | None = None) -> TaskTry:
        """Read the try from Airflow's context."""
        ti, logical_date = context["ti"], context.get("logical_date")
        return cls(
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            task_id=ti.task_id,
            number=ti.try_number,
            epoch=ti.max_tries,
            retries=retries or 0,
            map_index=map_index_of(ti),
            logical_date=logical_date.isoformat() if logical_date is not None else None,
            run_type=run_type_of(context.get("dag_run")),
            environment=environment,
        )

    @property
    def is_first_since_clear(self) -> bool:
        """Whether this is the first try since the run began or since the task was cleared."""
        # A clear sets max_tries to the last try number plus `retries`, and the next try
        # has the next number. Before any clear, max_tries is `retries` and the first
        # try has number 1. See clear_task_instances in airflow/models/taskinstance.py.
        return self.number <= self.epoch - self.retries + 1

    @property
    def is_last(self) -> bool:
        """Whether Airflow does not retry the task if this try fails."""
        return self.number > self.epoch

    @property
    def is_new_work(self) -> bool:
        """Whether this is the first try in its run: no earlier try, no clear."""
        return self.is_first_since_clear and self.epoch == self.retries

    @property
    def token(self) -> TryToken:
        """The token by which a trigger's event is matched with this try."""
        return TryToken(self.number, self.epoch)

    def identity(self, job_key: str, submitted_by: SubmittedBy) -> JobIdentity:
        """Return the identity of a job that this try submits."""
        return JobIdentity(
            dag_id=self.dag_id,
            run_id=self.run_id,
            job_key=job_key,
            map_index=self.map_index,
            epoch=self.epoch,
            submitted_by=submitted_by,
        )

    def tags(self, identity: JobIdentity, waits_for: Collection[str] | None = None) -> dict[str, str]:
        """
        Return the tags of a job; none if ``[batch_provider] tag_jobs`` is off.

        :param waits_for: the jobs that have to succeed first, by job key; None if no plan tells them.
        """
        if not tags_jobs():
            return {}
        return identity_tags(
            identity,
            try_number=self.number,
            logical_date=self.logical_date,
            run_type=self.run_type,
            waits_for=waits_for,
            environment=self.environment,
        )


def is_single_task_test(run_id: str) -> bool:
    """
    Whether ``airflow tasks test`` runs this task, without the other tasks of its run.

    The command creates a run, unless the user names one. Airflow 3.1 and 3.2 set the variable only with
    ``--env-vars``.
    """
    return run_id.startswith(TEST_RUN_PREFIX) or os.environ.get("AIRFLOW_TEST_MODE") == "True"


def run_type_of(dag_run: Any) -> str | None:
    """Return a run's type as Airflow writes it; ``str()`` of the Task SDK's enumeration is not its value."""
    run_type = getattr(dag_run, "run_type", None)
    return None if run_type is None else str(getattr(run_type, "value", run_type))
