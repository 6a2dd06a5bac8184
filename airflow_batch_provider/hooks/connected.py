"""The connection to AWS of operators and sensors, made from their four connection keywords."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.hooks.connection import AwsConnection

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook

CONNECTION_FIELDS: Final = ("aws_conn_id", "region_name", "verify", "botocore_config")
"""The four keywords as template fields, which Airflow serializes with the DAG."""


class HasAwsConnection:
    """An object with the four connection keywords as attributes."""

    aws_conn_id: str | None
    region_name: str | None
    verify: bool | str | None
    botocore_config: dict[str, Any] | None

    @property
    def connection(self) -> AwsConnection:
        """The connection; its templates must be rendered before."""
        # Not cached: Airflow renders the attributes after __init__.
        return AwsConnection(self.aws_conn_id, self.region_name, self.verify, self.botocore_config)

    @cached_property
    def hook(self) -> BatchHook:
        """The hook. It is imported at run time only: the import takes half a second of DAG parsing."""
        from airflow_batch_provider.hooks.batch import BatchHook

        return BatchHook.of(self.connection)
