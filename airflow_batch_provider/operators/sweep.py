"""The operator that finds and terminates jobs that Airflow no longer wants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_batch_provider import units
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.hooks.settings import environment as configured_environment
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS, ConnectedOperator
from airflow_batch_provider.unwanted.airflow_api import AirflowApi, AirflowLogin
from airflow_batch_provider.unwanted.jobs import Scope
from airflow_batch_provider.unwanted.run_states import (
    ACTIVE_RUN_STATES,
    REMOVED,
    Instance,
    RunStates,
    gone,
    has_ended,
)
from airflow_batch_provider.unwanted.search import UnwantedJob, find_unwanted, terminate

if TYPE_CHECKING:
    from airflow.sdk import Context


class BatchSweepOperator(ConnectedOperator):
    """
    Find the live jobs whose runs no longer want them, and terminate them.

    It does what ``airflow-batch sweep`` does, for the account and Region of its connection. The result
    is the number of jobs that were found, terminated, wanted and left alone.

    :param terminate: whether to terminate the jobs; otherwise they are only logged.
    :param environment: the environment whose jobs are looked at; ``[batch_provider] environment`` by default.
    :param include_unnamed: whether to look at jobs without an environment, too.
    :param older_than: jobs submitted later are left alone, such as ``10m``.
    :param job_queues: names or ARNs of job queues; by default all of the account and Region.
    :param dag_ids: the DAGs whose jobs are looked at; by default all.
    :param limit: terminate at most this number of jobs, oldest first.
    :param airflow_conn_id: the HTTP connection to Airflow's REST API. Without it, the task asks
        its supervisor, which does not know that a DAG is missing from the DAG files.
    """

    template_fields: Sequence[str] = (
        *("terminate", "environment", "include_unnamed", "older_than", "job_queues", "dag_ids", "limit"),
        "airflow_conn_id",
        *COMMON_FIELDS,
    )
    ui_color = "#f3d2d2"

    def __init__(
        self,
        *,
        terminate: bool | str = False,
        environment: str | None = None,
        include_unnamed: bool | str = False,
        older_than: str | int = "10m",
        job_queues: str | Sequence[str] = (),
        dag_ids: str | Sequence[str] = (),
        limit: int | str | None = None,
        airflow_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.terminate = terminate
        self.environment = environment
        self.include_unnamed = include_unnamed
        self.older_than = older_than
        self.job_queues = job_queues
        self.dag_ids = dag_ids
        self.limit = limit
        self.airflow_conn_id = airflow_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Log all jobs that are unwanted, and terminate them if asked to."""
        with airflow_errors():
            terminates, scope = self._flag("terminate"), self._scope()
            runs = self._run_states(context)
            found = find_unwanted(self.hook.batch, runs, scope)
            chosen = found.unwanted[: self._limit]
            for each in found.unwanted:
                self._log(each)
            ended = terminate(self.hook.batch, runs, chosen) if terminates else []
        self.log.info(
            "%s unwanted jobs, %s terminated, %s wanted; left alone: %s",
            len(found.unwanted),
            len(ended),
            found.wanted,
            found.count_of_left or "none",
        )
        return {
            "unwanted": len(found.unwanted),
            "terminated": len(ended),
            "wanted": found.wanted,
            "left": {leave.name.lower(): count for leave, count in found.left.items()},
        }

    def _scope(self) -> Scope:
        named = self.environment or configured_environment()
        includes_unnamed = self._flag("include_unnamed")
        if named is None and not includes_unnamed:
            raise RequestError(
                f"task '{self.task_id}': this Airflow has no name, so its jobs look like those of "
                "other Airflows. Set [batch_provider] environment, or include_unnamed=True if no other "
                "Airflow uses this AWS account and Region"
            )
        try:
            older_than = units.seconds(self.older_than)
        except ValueError as error:
            raise RequestError(f"task '{self.task_id}': older_than: {error}") from None
        return Scope(
            environment=named,
            includes_unnamed=includes_unnamed,
            job_queues=_several(self.job_queues),
            dag_ids=frozenset(_several(self.dag_ids)),
            older_than=older_than,
        )

    def _flag(self, name: str) -> bool:
        value = getattr(self, name)
        text = str(value).lower()  # a template gives a string
        if text not in ("true", "false"):
            raise RequestError(f"task '{self.task_id}': {name} must be True or False, not {value!r}")
        return text == "true"

    @cached_property
    def _limit(self) -> int | None:
        text = "" if self.limit is None else str(self.limit)
        if text in ("", "None"):
            return None
        if not text.isdecimal():
            raise RequestError(f"task '{self.task_id}': limit must be a number of jobs, not {self.limit!r}")
        return int(text)

    def _log(self, each: UnwantedJob) -> None:
        job = each.job
        self.log.info(
            "Unwanted: job %s '%s' in queue %s is %s: %s",
            job.job_id,
            job.job_name,
            job.job_queue,
            job.status,
            each.why,
        )

    def _run_states(self, context: Context) -> RunStates:
        if not self.airflow_conn_id:
            return SupervisorRunStates(context["ti"])
        from airflow.sdk import BaseHook

        connection = BaseHook.get_connection(self.airflow_conn_id)
        scheme, host = connection.schema or "http", connection.host or ""
        port = f":{connection.port}" if connection.port else ""
        return AirflowApi(
            AirflowLogin(
                url=f"{host}{port}" if "://" in host else f"{scheme}://{host}{port}",
                token=connection.extra_dejson.get("token"),
                user=connection.login,
                password=connection.password,
            )
        )


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True, slots=True)
class SupervisorRunStates:
    """Answers from the supervisor of a task, which asks Airflow; see ``RunStates``."""

    ti: Any

    def ended(self, dag_id: str, run_ids: Sequence[str]) -> dict[str, str]:
        """Return why a run wants no jobs, by run ID."""
        if self._count(dag_id, run_ids, ACTIVE_RUN_STATES) == len(run_ids):
            return {}
        inactive = [run_id for run_id in run_ids if not self._count(dag_id, [run_id], ACTIVE_RUN_STATES)]
        return {
            run_id: has_ended(run_id) if self._count(dag_id, [run_id]) else gone(run_id)
            for run_id in inactive
        }

    def active_runs(self, dag_id: str) -> None:  # noqa: ARG002
        """Return nothing: the supervisor only counts runs."""
        return

    def with_removed_tasks(self, dag_id: str, run_ids: Sequence[str]) -> Collection[str]:
        """Return those of the runs in which some task is removed."""
        if not self._count_removed(dag_id, run_ids):
            return []
        return [run_id for run_id in run_ids if self._count_removed(dag_id, [run_id])]

    def task_states(
        self, dag_id: str, run_id: str, instances: Collection[Instance]
    ) -> Mapping[Instance, str | None]:
        """Return the states of those of the task instances that the run has."""
        states: dict[Instance, str | None] = {}
        for task_id in sorted({task_id for task_id, _ in instances}):
            answer = self.ti.get_task_states(dag_id=dag_id, task_ids=[task_id], run_ids=[run_id])
            of_task = answer.get(run_id, {})
            for instance in instances:
                # Airflow adds the map index to the key of a mapped task.
                key = task_id if instance[1] < 0 else f"{task_id}_{instance[1]}"
                if instance[0] == task_id and key in of_task:
                    states[instance] = of_task[key]
        return states

    def _count(self, dag_id: str, run_ids: Sequence[str], states: Sequence[str] | None = None) -> int:
        counted: int = self.ti.get_dr_count(
            dag_id=dag_id, run_ids=list(run_ids), states=None if states is None else list(states)
        )
        return counted

    def _count_removed(self, dag_id: str, run_ids: Sequence[str]) -> int:
        counted: int = self.ti.get_ti_count(dag_id=dag_id, run_ids=list(run_ids), states=[REMOVED])
        return counted
