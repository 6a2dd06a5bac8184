"""Terminates jobs that nobody follows any longer, found by the beginning of their names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.hooks.connection import AwsConnection

if TYPE_CHECKING:
    from airflow_batch_provider.batch.client import BatchClient

log = logging.getLogger(__name__)


def sweep(
    connection: AwsConnection,
    job_queues: Sequence[str],
    name_prefix: str,
    *,
    until: float,
    reason: str,
) -> list[str]:
    """
    Terminate live jobs; return their ids.

    :param job_queues: names or ARNs; where one of them is a template, which nobody can render any
        more, all queues of the account's region are looked at.
    :param until: leave alone what was created later, in seconds since the epoch.
    """
    from airflow_batch_provider.hooks.batch import BatchHook

    hook = BatchHook.of(connection)
    batch: BatchClient = hook.batch
    queues = list(dict.fromkeys(job_queues))
    if any(_is_template(queue) for queue in queues):
        queues = _all_queues(hook.conn)
    left = [
        job.job_id
        for queue in queues
        for job in batch.jobs_named(queue, f"{name_prefix}*")
        if job.job_name.startswith(name_prefix) and job.is_live and job.created_at <= until * 1000
    ]
    if left:
        log.info("Terminating %s: %s", ", ".join(left), reason)
        batch.terminate(left, reason)
    return left


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def _all_queues(api: Any) -> list[str]:
    pages: Callable[..., Any] = api.get_paginator("describe_job_queues").paginate
    return [queue["jobQueueArn"] for page in pages() for queue in page["jobQueues"]]
