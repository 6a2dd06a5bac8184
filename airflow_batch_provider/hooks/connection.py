"""The connection to AWS as one value, which operators, sensors and triggers pass around."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from airflow_batch_provider.stored_values import known_members

DEFAULT_CONN_ID = "aws_default"


@dataclass(frozen=True, slots=True)
class AwsConnection:
    """
    The four connection keywords of Airflow's AWS operators.

    :param aws_conn_id: the ID of the Airflow connection; None means boto3's default credentials.
    :param region_name: the Region; overrides the connection's.
    :param verify: whether to verify TLS certificates, or the path of a CA bundle.
    :param botocore_config: keywords of ``botocore.config.Config``.
    """

    aws_conn_id: str | None = DEFAULT_CONN_ID
    region_name: str | None = None
    verify: bool | str | None = None
    botocore_config: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values for a trigger's serialization."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read what ``to_json`` of this or another version wrote."""
        return cls(**known_members(value, cls))

    @property
    def key(self) -> str:
        """A text that is equal for equal connections."""
        return json.dumps(self.to_json(), sort_keys=True)
