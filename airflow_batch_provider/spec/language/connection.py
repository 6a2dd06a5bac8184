"""The connection to AWS."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.spec.language.base import LanguageModel


class ConnectionSettings(LanguageModel):
    """The Airflow connection to AWS, as every AWS operator takes it."""

    aws_conn_id: str | None = "aws_default"
    """The connection id; null means boto3's own credentials."""
    region_name: str | None = None
    """The region in place of the connection's."""
    verify: bool | str | None = None
    """Whether TLS certificates are verified, or a CA bundle's path."""
    botocore_config: dict[str, Any] | None = None
    """Keywords of ``botocore.config.Config``."""
