"""Fakes of what Airflow gives to operators, and a real hook over fake boto3 clients."""

from collections.abc import Mapping
from typing import Any

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.logs import JobLogs
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from tests.fakes import FakeBatchApi, FakeLogsApi


class FakeTaskInstance:
    """A task instance whose XComs are kept in memory, in the order in which they were pushed."""

    def __init__(
        self, task_id: str = "align", *, published: Mapping[tuple[str, str], Any] | None = None
    ) -> None:
        self.dag_id = "post_trade"
        self.run_id = "scheduled__2006-01-01"
        self.task_id = task_id
        self.map_index = -1
        self.max_tries = 0
        self.pushed: dict[str, Any] = {}
        self._published = dict(published or {})

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, *, task_ids: str, key: str) -> Any:
        return self._published.get((task_ids, key))


def hook_over(batch: FakeBatchApi, logs: FakeLogsApi) -> BatchHook:
    """Make the real hook, without any connection, over fake clients."""
    hook = BatchHook.of(AwsConnection(aws_conn_id=None, region_name="eu-west-1"))
    hook.__dict__["batch"] = BatchClient(batch, batch, sleep=lambda seconds: None)
    hook.__dict__["logs"] = JobLogs(logs)
    return hook
