"""Finding unwanted jobs among many, over HTTP."""

from airflow_batch_provider.batch.session import AwsSession
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags
from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.local.server import LocalBatch
from airflow_batch_provider.unwanted.jobs import Leave, Scope
from airflow_batch_provider.unwanted.search import find_unwanted, terminate
from tests.unwanted.fakes import FakeRunStates

JOBS = 1_050
"""More than ListJobs returns in one page of 1,000, and more than DescribeJobs takes ten times."""


def test_a_long_queue_takes_one_call_for_a_thousand_and_for_a_hundred_jobs(
    script_server: LocalBatch, monkeypatch
):
    region = LocalBatchRegion(script_server.url, "sweep-1")
    region.create_queue("etl", vcpus=1)
    batch = region.client()
    batch.register_job_definition(
        jobDefinitionName="step",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 512, "command": ["true"]},
    )
    region.script({"job_name": "*", "duration_seconds": 3600})
    for number in range(JOBS):
        identity = JobIdentity("etl", f"run-{number % 3}", f"task-{number}")
        tags = identity_tags(identity, try_number=1, environment="tests" if number % 2 else "another")
        batch.submit_job(jobName=identity.job_name, jobQueue="etl", jobDefinition="step", tags=tags)
    for name, value in region.environment.items():
        monkeypatch.setenv(name, value)
    listed, described = region.calls("ListJobs"), region.calls("DescribeJobs")
    airflow = FakeRunStates({("etl", "run-0"): "running", ("etl", "run-1"): "failed"})
    client = AwsSession().batch

    found = find_unwanted(client, airflow, Scope("tests", older_than=0))

    assert (len(found.unwanted), found.wanted, found.left) == (350, 175, {Leave.OTHER_ENVIRONMENT: 525})
    assert region.calls("ListJobs") - listed <= 7
    assert region.calls("DescribeJobs") - described <= 12
    assert len(terminate(client, airflow, found.unwanted)) == 350
    assert find_unwanted(client, airflow, Scope("tests", older_than=0)).unwanted == []
    region.script()
