"""GetJobQueueSnapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.arn import name_of
from airflow_batch_provider.local.errors import ClientException

if TYPE_CHECKING:
    from airflow_batch_provider.local.api.request import Request
    from airflow_batch_provider.local.lifecycle.capacity import JobQueue

MAX_JOBS: Final = 100
MAX_SHARES: Final = 20


def get_job_queue_snapshot(request: Request) -> dict[str, Any]:
    region, now = request.region, request.now
    queue = region.find_queue(request.params["jobQueue"])
    if queue is None:
        raise ClientException(f"JobQueue {name_of(request.params['jobQueue'], 'job-queue')} not found.")
    jobs = [
        {"jobArn": region.job_arn(job), "earliestTimeAtPosition": since}
        for job, since in region.scheduler.front_of(queue, now, MAX_JOBS)
    ]
    return {
        "frontOfQueue": {"jobs": jobs, "lastUpdatedAt": now},
        "queueUtilization": {
            "totalCapacityUsage": [_vcpus(queue.in_use)],
            "fairshareUtilization": _fair_share(request, queue),
            "lastUpdatedAt": now,
        },
    }


def _fair_share(request: Request, queue: JobQueue) -> dict[str, Any] | None:
    shares = request.region.scheduler.shares_of(queue)
    if shares is None:
        return None
    return {
        "activeShareCount": shares.active_shares,
        "topCapacityUtilization": [
            {"shareIdentifier": share, "capacityUsage": [_vcpus(millicpus)]}
            for share, millicpus in shares.largest_holders(MAX_SHARES)
        ],
    }


def _vcpus(millicpus: int) -> dict[str, Any]:
    return {"capacityUnit": "VCPU", "quantity": millicpus / 1000}
