"""What operators and sensors share: the connection to AWS that their four keywords name."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.hooks.connection import AwsConnection

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook

CONNECTION_FIELDS: Final = ("aws_conn_id", "region_name", "verify", "botocore_config")
"""The keywords, as template fields: Airflow keeps them with the DAG."""


class Connected:
    """Something with the four connection keywords as attributes."""

    aws_conn_id: str | None
    region_name: str | None
    verify: bool | str | None
    botocore_config: dict[str, Any] | None

    @property
    def connection(self) -> AwsConnection:
        """The connection, once it is rendered."""
        return AwsConnection(self.aws_conn_id, self.region_name, self.verify, self.botocore_config)

    @cached_property
    def hook(self) -> BatchHook:
        """The hook; made at run time only, since its import costs parsing half a second."""
        from airflow_batch_provider.hooks.batch import BatchHook

        return BatchHook.of(self.connection)
