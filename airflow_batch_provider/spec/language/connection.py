"""The connection to AWS."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow_batch_provider.spec.language.base import LanguageModel


class ConnectionSettings(LanguageModel):
    """The Airflow connection to AWS, with the same settings as for all AWS operators."""

    takes_aws_names: ClassVar[bool] = True

    aws_conn_id: str | None = "aws_default"
    """The connection ID; null to use boto3's default credentials."""
    region_name: str | None = None
    """The AWS region. Overrides the region of the connection."""
    verify: bool | str | None = None
    """Whether to verify TLS certificates, or the path of a CA bundle."""
    botocore_config: dict[str, Any] | None = None
    """Keyword arguments of ``botocore.config.Config``."""
