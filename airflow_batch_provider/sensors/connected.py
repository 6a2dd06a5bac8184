"""The base of all sensors: the connection to AWS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS, HasAwsConnection
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID
from airflow_batch_provider.triggers.resumption import accepted_keywords, starts_again

if TYPE_CHECKING:
    from airflow.sdk import Context


class ConnectedSensor(HasAwsConnection, BaseSensorOperator):
    """
    A sensor that calls AWS Batch.

    :param deferrable: True waits in the triggerer, without a worker slot.
    """

    template_fields: Sequence[str] = CONNECTION_FIELDS

    def __init__(
        self,
        *,
        deferrable: bool = False,
        aws_conn_id: str | None = DEFAULT_CONN_ID,
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deferrable = deferrable
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.botocore_config = botocore_config

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue with the event of the trigger, or with a new trigger if the triggerer could not run it."""
        if starts_again(self, next_method, next_kwargs, context):
            return self.execute(context)
        return super().resume_execution(
            next_method, accepted_keywords(self, next_method, next_kwargs), context
        )
