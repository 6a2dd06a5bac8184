"""EventBridge's envelope of an AWS Batch event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:
    from airflow_batch_provider.local.arn import Location

SOURCE: Final = "aws.batch"
STATE_CHANGE: Final = "Batch Job State Change"
QUEUE_BLOCKED: Final = "Batch Job Queue Blocked"


def envelope(location: Location, detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of the envelope that do not depend on the individual event."""
    return {
        "version": "0",
        "detail-type": detail_type,
        "source": SOURCE,
        "account": location.account_id,
        "region": location.region,
        "detail": detail,
    }


def event(
    location: Location, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str], at: int
) -> dict[str, Any]:
    """
    Return a complete event.

    :param at: milliseconds since the epoch.
    """
    time = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        **envelope(location, detail_type, detail),
        "id": str(uuid4()),
        "time": time,
        "resources": list(resources),
    }
