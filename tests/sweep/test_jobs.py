"""Live jobs of a run are found by name and terminated."""

import pytest

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.sweep.jobs import JobSource, UnfollowedJobs
from tests.airflow_fakes import hook_over
from tests.fakes import QUEUE_ARN, FakeBatchApi, FakeLogsApi

RUN = "scheduled__2006-01-01"
KEYS = {"clean": ["clean"], "model": ["model"], "store": ["store"]}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeBatchApi:
    api = FakeBatchApi()
    hook = hook_over(api, FakeLogsApi())
    monkeypatch.setattr(BatchHook, "of", classmethod(lambda cls, connection: hook))
    for key in KEYS:
        name = JobIdentity("post_trade", RUN, key).job_name
        api.put(key, "RUNNING", jobName=name, createdAt=1000)
    return api


def terminate(*task_ids: str) -> list[str]:
    tasks = frozenset((task_id, -1) for task_id in task_ids)
    source = JobSource(AwsConnection(), (QUEUE_ARN,), KEYS)
    return UnfollowedJobs(source, "post_trade", RUN, 10.0, "marked", tasks).terminate()


@pytest.mark.parametrize(
    ("task_ids", "terminated"),
    [((), {"clean", "model", "store"}), (("model",), {"model"}), (("clean", "store"), {"clean", "store"})],
    ids=["the run", "one task", "some tasks"],
)
def test_only_the_jobs_of_what_was_marked_are_terminated(api, task_ids, terminated):
    assert set(terminate(*task_ids)) == set(api.terminated) == terminated
