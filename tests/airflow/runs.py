"""A DAG run under test: its task states, XComs, logs and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.following.identity import JobIdentity
from harness.account import JOB_QUEUE, aws_client
from harness.airflow_api import AirflowApi
from harness.airflow_records import DagRun


@dataclass(frozen=True)
class RunUnderTest:
    """A DAG run with its tasks in Airflow and its jobs in AWS Batch."""

    api: AirflowApi
    batch_url: str
    run: DagRun

    @property
    def states(self) -> dict[str, str | None]:
        tasks = self.api.task_instances(self.run.dag_id, self.run.run_id)
        return {task.task_id: task.state for task in tasks}

    def wait(self, seconds: float = 300) -> str:
        return self.api.wait_for_run(self.run.dag_id, self.run.run_id, timeout_seconds=seconds).state

    def wait_for_task(self, task_id: str, *states: str) -> None:
        self.api.wait_for_task(self.run.dag_id, self.run.run_id, task_id, states, timeout_seconds=180)

    def xcom(self, task_id: str, key: str) -> Any:
        return self.api.xcoms(self.run.dag_id, self.run.run_id, task_id).get(key)

    def log(self, task_id: str, *, try_number: int = 1) -> str:
        return self.api.log(self.run.dag_id, self.run.run_id, task_id, try_number=try_number)

    def asset_events(self, uri: str) -> list[dict[str, Any]]:
        """Return the events that this run created for an asset."""
        events = self.api.call("GET", "/api/v2/assets/events", source_run_id=self.run.run_id)["asset_events"]
        return [event for event in events if event["uri"] == uri]

    def links(self, task_id: str) -> dict[str, str | None]:
        return self.api.links(self.run.dag_id, self.run.run_id, task_id)

    def job_ids(self, keys: str, *, per_job: bool) -> dict[str, str]:
        """Map one-letter job keys to the job ids that this run published."""
        if per_job:
            return {key: self.xcom(f"{key}.submit", "return_value") for key in keys}
        published = self.api.xcoms(self.run.dag_id, self.run.run_id, "submit")
        return {key: published[key] for key in keys}

    def jobs(self, key: str) -> list[dict[str, Any]]:
        """Return all jobs of a job key, oldest first; the key of a job in a group begins with the group."""
        prefix = JobIdentity(self.run.dag_id, self.run.run_id, key).job_prefix
        filters = [{"name": "JOB_NAME", "values": [f"{prefix}*"]}]
        batch = aws_client("batch", self.batch_url)
        listed = batch.list_jobs(jobQueue=JOB_QUEUE, filters=filters)["jobSummaryList"]
        return sorted(map(dict, listed), key=lambda job: job["createdAt"])

    def describe(self, job_id: str) -> dict[str, Any]:
        (job,) = aws_client("batch", self.batch_url).describe_jobs(jobs=[job_id])["jobs"]
        return dict(job)

    def terminate(self, job_id: str) -> None:
        aws_client("batch", self.batch_url).terminate_job(jobId=job_id, reason="The test is over")
