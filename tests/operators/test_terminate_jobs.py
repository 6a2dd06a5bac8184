"""``BatchTerminateJobsOperator``: job IDs from arguments and from other tasks."""

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_batch_provider.operators.batch import BatchTerminateJobsOperator
from tests.airflow_fakes import hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi


@pytest.fixture
def api():
    api = FakeBatchApi()
    for job_id in ("job-1", "job-2", "job-3"):
        api.put(job_id, "RUNNING")
    return api


@pytest.fixture
def terminate(api):
    def run(job_id):
        task = BatchTerminateJobsOperator(task_id="stop", job_id=job_id, reason="enough")
        task.__dict__["hook"] = hook_over(api, FakeLogsApi())
        task.execute({})
        return list(api.terminated)

    return run


@pytest.mark.parametrize(
    ("job_id", "terminated"),
    [
        ("job-1", ["job-1"]),
        (("job-1", ["job-3", "job-1"]), ["job-1", "job-3"]),
        ("['job-1', 'job-2']", ["job-1", "job-2"]),
        ([], []),
    ],
)
def test_job_ids_may_be_one_or_nested_lists(terminate, job_id, terminated):
    assert terminate(job_id) == terminated


@pytest.mark.parametrize("job_id", [None, "None", ""], ids=["XCom", "template", "empty"])
def test_the_result_of_a_skipped_task_terminates_nothing(terminate, job_id):
    assert terminate(job_id) == []


@pytest.mark.parametrize("job_id", [["job-1", None], [5], {"job_id": "job-1"}])
def test_anything_else_is_refused_before_the_call(terminate, api, job_id):
    with pytest.raises(AirflowFailException, match="job_id must be a job ID or a list of job IDs"):
        terminate(job_id)

    assert api.terminated == {}
