"""Terminates jobs that nobody follows any longer, found by the beginning of their names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_batch_provider.hooks.connection import AwsConnection

log = logging.getLogger(__name__)


def sweep(
    connection: AwsConnection,
    job_queues: Sequence[str],
    name_prefix: str,
    *,
    among: Sequence[str] = (),
    until: float,
    reason: str,
) -> list[str]:
    """
    Terminate live jobs; return their ids.

    :param job_queues: names or ARNs; where one of them is a template, which nobody can render any
        more, all queues of the account's region are looked at.
    :param among: only those whose names begin with one of these; all unless given.
    :param until: leave alone what was created later, in seconds since the epoch.
    """
    from airflow_batch_provider.hooks.batch import BatchHook

    batch = BatchHook.of(connection).batch
    queues: Sequence[str] = list(dict.fromkeys(job_queues))
    if any(_is_template(queue) for queue in queues):
        queues = batch.list_job_queues()
    left = [
        job.job_id
        for queue in queues
        for job in batch.jobs_named(queue, f"{name_prefix}*")
        if job.job_name.startswith(tuple(among) or name_prefix)
        and job.is_live
        and job.created_at <= until * 1000
    ]
    if left:
        log.info("Terminating %s: %s", ", ".join(left), reason)
        batch.terminate(left, reason)
    return left


def queues_of(job_queue: Any, backfill: Any) -> tuple[str, ...]:
    """
    List where a task's jobs can be: in its queue, and in that which it takes in backfill runs.

    :param backfill: the operator's ``backfill``.
    """
    in_backfill = backfill.get("job_queue") if isinstance(backfill, Mapping) else None
    return tuple(str(queue) for queue in (job_queue, in_backfill) if queue)


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text
