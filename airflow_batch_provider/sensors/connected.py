"""The base of all sensors: the connection to AWS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseSensorOperator

from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS, HasAwsConnection
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID


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
