"""The connection to AWS as one value: what every operator, sensor and trigger hands on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

DEFAULT_CONN_ID = "aws_default"


@dataclass(frozen=True, slots=True)
class AwsConnection:
    """
    The four connection keywords of Airflow's AWS operators.

    :param aws_conn_id: the Airflow connection; None means boto3's own credentials.
    :param region_name: the region in place of the connection's.
    :param verify: whether TLS certificates are verified, or the path of a CA bundle.
    :param botocore_config: keywords of ``botocore.config.Config``.
    """

    aws_conn_id: str | None = DEFAULT_CONN_ID
    region_name: str | None = None
    verify: bool | str | None = None
    botocore_config: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Write plain JSON values, fit for a trigger's serialization."""
        return asdict(self)

    @property
    def key(self) -> str:
        """Tell equal connections by an equal text."""
        return json.dumps(self.to_json(), sort_keys=True)
