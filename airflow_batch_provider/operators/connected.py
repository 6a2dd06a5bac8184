"""The base of all operators: the connection to AWS, and the settings of backfill runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseOperator

from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS, HasAwsConnection
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID
from airflow_batch_provider.hooks.settings import environment
from airflow_batch_provider.names import camel_case_members
from airflow_batch_provider.operators.task_try import BACKFILL, TaskTry, run_type_of
from airflow_batch_provider.triggers.resumption import accepted_keywords, starts_again

if TYPE_CHECKING:
    from airflow.sdk import Context


COMMON_FIELDS: Final = (*CONNECTION_FIELDS, "backfill", "spec_digest")
"""Template fields of every operator: Airflow stores them with the DAG and compares them between versions."""

_CAP: Final = "max_active_runs"


class ConnectedOperator(HasAwsConnection, BaseOperator):
    """
    An operator that calls AWS Batch.

    :param backfill: members of SubmitJob that replace the job's own in backfill runs, in AWS's nesting:
        ``{"job_queue": "low", "retry_strategy": {"attempts": 1}}``. Mappings are merged into the
        job's own, environment variables by name. ``max_active_runs`` caps how many runs of a
        backfill are active at once.
    :param spec_digest: changes when the workflow's spec changes. It is a template field, so that
        Airflow then creates a new version of the DAG.
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
        """Apply the overrides of ``backfill`` in a backfill run."""
        super().pre_execute(context)
        # Templates are rendered before pre_execute: the values of
        # `backfill` are final, and so is the request they are merged into.
        if self.backfill and run_type_of(context["dag_run"]) == BACKFILL:
            members = {name: value for name, value in self.backfill.items() if name != _CAP}
            self.take_overrides(camel_case_members(members))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue with the event of the trigger, or with a new trigger if the triggerer could not run it."""
        if starts_again(self, next_method, next_kwargs, context):
            return self.start_again(context)
        return super().resume_execution(
            next_method, accepted_keywords(self, next_method, next_kwargs), context
        )

    def start_again(self, context: Context) -> Any:
        """Wait again, after the trigger has failed."""
        return self.execute(context)

    def take_overrides(self, overrides: Mapping[str, Any]) -> None:
        """Merge members of SubmitJob, in AWS's camelCase, into the requests of this task's jobs."""

    @property
    def may_outlive_run(self) -> bool:
        """Whether the jobs of this task may run on after the run has ended. No sweep terminates such jobs."""
        return False

    def current_try(self, context: Context) -> TaskTry:
        """Return the try of this task that is running."""
        named = environment()
        return TaskTry.of(context, self.retries, None if named is None or self.may_outlive_run else named)
