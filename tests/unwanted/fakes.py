"""A fake of what Airflow knows, and jobs as the provider submits them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags
from airflow_batch_provider.unwanted.run_states import ACTIVE_RUN_STATES, Instance, gone, has_ended
from tests.fakes import FakeBatchApi

HOUR = 3600.0
NOW = 1136095200.0 + HOUR
"""An hour after the jobs of ``FakeBatchApi`` were created."""


@dataclass
class FakeRunStates:
    """Runs by DAG and run ID with their states, and the states of their tasks."""

    runs: dict[tuple[str, str], str] = field(default_factory=dict)
    tasks: dict[tuple[str, str], dict[Instance, str]] = field(default_factory=dict)
    lists_runs: bool = True
    questions: list[tuple[Any, ...]] = field(default_factory=list)

    def ended(self, dag_id: str, run_ids: Sequence[str]) -> dict[str, str]:
        self.questions.append(("ended", dag_id, *run_ids))
        states = {run_id: self.runs.get((dag_id, run_id)) for run_id in run_ids}
        return {
            run_id: has_ended(run_id, state) if state else gone(run_id)
            for run_id, state in states.items()
            if state not in ACTIVE_RUN_STATES
        }

    def active_runs(self, dag_id: str) -> list[str] | None:
        if not self.lists_runs:
            return None
        return [run for (dag, run), state in self.runs.items() if dag == dag_id and state != "success"]

    def with_removed_tasks(self, dag_id: str, run_ids: Sequence[str]) -> Collection[str]:
        return [run for run in run_ids if "removed" in self.tasks.get((dag_id, run), {}).values()]

    def task_states(self, dag_id: str, run_id: str, instances: Collection[Instance]) -> dict[Instance, str]:
        return {each: state for each, state in self.tasks[dag_id, run_id].items() if each in instances}


def put_job(
    api: FakeBatchApi,
    job_id: str,
    run_id: str = "daily__1",
    task_id: str = "load",
    *,
    dag_id: str = "etl",
    map_index: int = -1,
    environment: str | None = "production",
    status: str = "RUNNING",
    tags: dict[str, str] | None = None,
    **members: Any,
) -> None:
    """Put a job into AWS Batch as a task would submit it."""
    identity = JobIdentity(dag_id, run_id, task_id, map_index=map_index)
    own = identity_tags(identity, try_number=1, environment=environment)
    api.put(job_id, status, **{"jobName": identity.job_name, "tags": own | (tags or {}), **members})
