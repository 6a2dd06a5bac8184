"""An event of AWS Batch in EventBridge's envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from airflow_batch_provider.local.arn import Place

SOURCE: Final = "aws.batch"
STATE_CHANGE: Final = "Batch Job State Change"
QUEUE_BLOCKED: Final = "Batch Job Queue Blocked"


def envelope(place: Place, detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is the same in all events of a kind, around a detail."""
    return {
        "version": "0",
        "detail-type": detail_type,
        "source": SOURCE,
        "account": place.account_id,
        "region": place.region,
        "detail": detail,
    }


def event(
    place: Place, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str], at: int
) -> dict[str, Any]:
    """
    Return a whole event.

    :param at: milliseconds since the epoch.
    """
    time = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        **envelope(place, detail_type, detail),
        "id": str(uuid4()),
        "time": time,
        "resources": list(resources),
    }
