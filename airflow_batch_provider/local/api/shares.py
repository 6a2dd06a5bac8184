"""Validates ``shareIdentifier`` and scheduling priorities of submissions and job definitions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.errors import ClientException
from airflow_batch_provider.local.lifecycle.fair_share import MAX_ACTIVE_SHARES

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.capacity import JobQueue
    from airflow_batch_provider.local.region import Region

SHARE: Final = re.compile(r"[A-Za-z0-9]{1,255}")
MAX_PRIORITY: Final = 9999


def check_share(region: Region, queue: JobQueue, params: Mapping[str, Any]) -> None:
    """
    Check the share identifier of a submission.

    :raises ClientException: if the queue requires one and it is missing, or the queue has no shares and it
        is present, or it is malformed.
    """
    shares = region.scheduler.shares_of(queue)
    share = params.get("shareIdentifier")
    if shares is None:
        if share is not None or "schedulingPriorityOverride" in params:
            raise ClientException(
                "Job with shareIdentifier or schedulingPriority can onlybe submitted"
                " to job queue with fair share scheduling policy."
            )
        return
    if share is None:
        raise ClientException(
            f"shareIdentifier must be provided, because JobQueue {queue.name} has a scheduling policy."
        )
    if not SHARE.fullmatch(share):
        raise ClientException(f"shareIdentifier {share!r} must be 1 to 255 letters and digits.")
    check_priority("schedulingPriorityOverride", params)
    if shares.active_shares >= MAX_ACTIVE_SHARES and not shares.is_active(share):
        raise ClientException(
            f"JobQueue {queue.name} already has {MAX_ACTIVE_SHARES} active share identifiers, the maximum."
        )


def check_priority(member: str, params: Mapping[str, Any]) -> None:
    """Raise ``ClientException`` if a scheduling priority is out of range."""
    priority = params.get(member, 0)
    if not 0 <= priority <= MAX_PRIORITY:
        raise ClientException(f"{member} is {priority}; it must be 0 to {MAX_PRIORITY}.")


def priority_of(queue: JobQueue, params: Mapping[str, Any], defined: Mapping[str, Any]) -> int:
    """Return the scheduling priority of a job; it only applies in queues with a scheduling policy."""
    if queue.policy is None:
        return 0
    priority: int = params.get("schedulingPriorityOverride", defined.get("schedulingPriority", 0))
    return priority
