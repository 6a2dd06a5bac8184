"""What all sensors share: the connection to AWS."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseSensorOperator

from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID, AwsConnection

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook

CONNECTION_FIELDS: Final = ("aws_conn_id", "region_name", "verify", "botocore_config")
"""Template fields of every sensor."""


class ConnectedSensor(BaseSensorOperator):
    """
    A sensor that speaks to AWS Batch.

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

    @property
    def connection(self) -> AwsConnection:
        """The connection, once it is rendered."""
        return AwsConnection(self.aws_conn_id, self.region_name, self.verify, self.botocore_config)

    @cached_property
    def hook(self) -> BatchHook:
        """The hook; made at run time only, since its import costs parsing half a second."""
        from airflow_batch_provider.hooks.batch import BatchHook

        return BatchHook.of(self.connection)
