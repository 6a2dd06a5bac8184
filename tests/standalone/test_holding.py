"""Jobs of a DAG that have not started are cancelled."""

import pytest

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.job import JobStatus
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.terminations import HELD
from airflow_batch_provider.standalone.holding import HeldJobs
from airflow_batch_provider.standalone.run_name import RunName
from tests.fakes import FakeBatchApi

QUEUES = ["q", "gpu"]


class Account:
    """Jobs of the DAGs ``etl`` and ``etl-2``; the fake lists no queues and no statuses."""

    def __init__(self) -> None:
        self.api = FakeBatchApi()
        self.cancelled = {}
        self._client = BatchClient(self.api, self.api, sleep=lambda seconds: None)
        self.describe = self._client.describe

    def put(self, job_id, status, dag_id="etl", run_id="r", queue="q", tags=None, **members):
        self.api.put(
            job_id,
            status,
            jobName=JobIdentity(dag_id, run_id, job_id).job_name,
            jobQueue=queue,
            tags={"airflow_dag_id": dag_id} if tags is None else tags,
            **members,
        )

    def list_job_queues(self):
        return QUEUES

    def list_jobs_by_status(self, job_queue, status):
        listed = self._client.list_jobs_by_name(job_queue, "*")
        return [job for job in listed if job.status is status]

    def cancel(self, job_ids, reason):
        self.cancelled |= dict.fromkeys(job_ids, reason)


@pytest.fixture
def account():
    return Account()


def test_jobs_that_have_not_started_are_cancelled(account):
    for status in JobStatus:
        account.put(status.lower(), status)

    HeldJobs.find(account, "etl").hold(account)

    assert account.cancelled == dict.fromkeys(["submitted", "pending", "runnable"], HELD)


def test_jobs_of_all_queues_are_found_unless_some_are_given(account):
    account.put("one", "RUNNABLE")
    account.put("two", "RUNNABLE", queue="gpu")

    everywhere = HeldJobs.find(account, "etl")
    in_one = HeldJobs.find(account, "etl", job_queues=["gpu"])

    assert {job.job_id for job in everywhere.waiting} == {"one", "two"}
    assert {job.job_id for job in in_one.waiting} == {"two"}


def test_jobs_of_other_dags_and_runs_are_left_alone(account):
    account.put("mine", "PENDING")
    account.put("other-run", "PENDING", run_id="s")
    account.put("other-dag", "PENDING", dag_id="etl-2")
    account.put("no-tags", "PENDING", tags={})
    standalone = RunName("etl", "2008-01-31").run_id
    tags = {"airflow_dag_id": "etl", "airflow_run_id": standalone}
    account.put("standalone", "PENDING", run_id=standalone, tags=tags)

    of_dag = HeldJobs.find(account, "etl")
    of_run = HeldJobs.find(account, "etl", "r")

    assert {job.job_id for job in of_dag.waiting} == {"mine", "other-run"}
    assert {job.job_id for job in of_run.waiting} == {"mine", "no-tags"}


@pytest.mark.parametrize("status", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_an_array_with_a_child_that_has_started_is_left_alone(account, status):
    account.put("array", "PENDING", arrayProperties={"size": 9, "statusSummary": {"RUNNABLE": 8, status: 1}})

    found = HeldJobs.find(account, "etl")

    assert [job.job_id for job in found.started] == ["array"]
    assert found.waiting == ()


def test_an_array_without_such_a_child_is_held(account):
    account.put(
        "array", "PENDING", arrayProperties={"size": 9, "statusSummary": {"RUNNABLE": 8, "PENDING": 1}}
    )

    assert [job.job_id for job in HeldJobs.find(account, "etl").waiting] == ["array"]
