"""What all operators share: the connection to AWS, and whose jobs they submit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator

from airflow_batch_provider.following.identity import JobIdentity, SubmittedBy
from airflow_batch_provider.following.tags import identity_tags
from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS, Connected
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID
from airflow_batch_provider.hooks.settings import tags_jobs
from airflow_batch_provider.names import camel_case_members

if TYPE_CHECKING:
    from airflow.sdk import Context


COMMON_FIELDS: Final = (*CONNECTION_FIELDS, "backfill", "spec_digest")
"""Template fields of every operator: Airflow keeps them with the DAG, and tells its versions by them."""


BACKFILL: Final = "backfill"
"""Airflow's word for the type of a run that a backfill has made."""

_CAP: Final = "max_active_runs"


class ConnectedOperator(Connected, BaseOperator):
    """
    An operator that speaks to AWS Batch.

    :param backfill: members of SubmitJob that jobs take instead in backfill runs, in AWS's nesting:
        ``{"job_queue": "low", "retry_strategy": {"attempts": 1}}``; mappings are merged over the
        job's own, environment variables by name. ``max_active_runs`` beside them caps how many
        runs of a backfill are active at once.
    :param spec_digest: tells one state of a workflow's spec from another; a template field, so
        that Airflow makes a new version of the DAG when it changes.
    """

    template_fields: Sequence[str] = COMMON_FIELDS

    def __init__(
        self,
        *,
        aws_conn_id: str | None = DEFAULT_CONN_ID,
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
        backfill: Mapping[str, Any] | None = None,
        spec_digest: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.botocore_config = botocore_config
        self.backfill = backfill
        self.spec_digest = spec_digest

    def pre_execute(self, context: Context) -> None:
        """Take what the run is for before anything is done: a backfill may have settings of its own."""
        super().pre_execute(context)
        if self.backfill and _type_of(context["dag_run"]) == BACKFILL:
            members = {name: value for name, value in self.backfill.items() if name != _CAP}
            self.take_overrides(camel_case_members(members))

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Lay members of SubmitJob, in AWS's shape, over those of this task's jobs."""

    def is_new_work(self, context: Context) -> bool:
        """Whether this is the task's first try in its run: nobody has tried or cleared it before."""
        ti = context["ti"]
        return self.is_first_try(context) and bool(ti.max_tries == (self.retries or 0))

    def is_first_try(self, context: Context) -> bool:
        """Whether this is the first try since the run began or since somebody cleared the task."""
        ti = context["ti"]
        return bool(ti.try_number <= ti.max_tries - (self.retries or 0) + 1)


def identity_of(context: Context, job_key: str, submitted_by: SubmittedBy) -> JobIdentity:
    """Say whose job a task submits."""
    ti = context["ti"]
    return JobIdentity(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        job_key=job_key,
        map_index=ti.map_index if ti.map_index is not None else -1,
        epoch=ti.max_tries,
        submitted_by=submitted_by,
    )


def tags_of(context: Context, identity: JobIdentity) -> dict[str, str]:
    """Make the tags of a job that a task submits; none where Airflow's configuration wants none."""
    if not tags_jobs():
        return {}
    run, logical_date = context.get("dag_run"), context.get("logical_date")
    return identity_tags(
        identity,
        try_number=context["ti"].try_number,
        logical_date=logical_date.isoformat() if logical_date is not None else None,
        run_type=str(run.run_type) if run is not None else None,
    )


def _type_of(dag_run: Any) -> str:
    """Read a run's type: an enumeration of the Task SDK's, whose text is not its value."""
    return str(getattr(dag_run.run_type, "value", dag_run.run_type))
