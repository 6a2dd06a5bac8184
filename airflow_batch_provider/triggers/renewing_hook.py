"""The hook of a connection in the triggerer, which outlives changes of the connection."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook
    from airflow_batch_provider.hooks.connection import AwsConnection
    from airflow_batch_provider.hooks.metrics import JobMetrics


class RenewingHook:
    """
    Creates a hook at its first use, and renews it when that is due; call it before each call to AWS.

    Call it in a thread: it blocks for about a second at first, then for each lookup of the connection.
    """

    def __init__(self, connection: AwsConnection, metrics: JobMetrics | None = None) -> None:
        self._connection = connection
        self._metrics = metrics
        self._lock = threading.Lock()
        self._hook: BatchHook | None = None

    def __call__(self) -> BatchHook:
        """Return the hook."""
        from airflow_batch_provider.hooks.batch import BatchHook

        with self._lock:
            if self._hook is None:
                self._hook = BatchHook.of(self._connection, self._metrics)
        return self._hook.renew()
