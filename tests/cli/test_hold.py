"""``airflow-batch hold``."""

import pytest

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags


@pytest.fixture
def account(local_batch):
    """A running job ``load`` and the jobs ``clean`` and ``report`` that wait for it."""
    local_batch.create_queue("etl")
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    client = local_batch.client()
    client.register_job_definition(
        jobDefinitionName="step",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 512, "command": ["true"]},
    )
    upstream = []
    for key in ("load", "clean", "report"):
        identity = JobIdentity("nightly", "manual__1", key)
        job = client.submit_job(
            jobName=identity.job_name,
            jobQueue="etl",
            jobDefinition="step",
            dependsOn=upstream,
            tags=identity_tags(identity, try_number=1),
        )
        upstream = [{"jobId": job["jobId"]}]
    return local_batch


def cancelled(account):
    listed = account.client().list_jobs(
        jobQueue="etl", filters=[{"name": "JOB_NAME", "values": ["nightly-*"]}]
    )
    return {job["jobName"].split("-")[2] for job in listed["jobSummaryList"] if job.get("isCancelled")}


def test_jobs_that_have_not_started_are_cancelled(account, capsys):
    code = main(["hold", "nightly"])

    assert code == 0
    assert capsys.readouterr().out.splitlines()[-1] == "DAG nightly: 2 jobs held"
    assert cancelled(account) == {"clean", "report"}


def test_a_second_call_finds_no_jobs(account, capsys):
    main(["hold", "nightly"])

    main(["hold", "nightly"])

    assert capsys.readouterr().out.splitlines()[-1] == "DAG nightly: 0 jobs held"


def test_a_dry_run_only_prints_the_jobs(account, capsys):
    main(["hold", "nightly", "--run-id", "manual__1", "--job-queue", "etl", "--dry-run"])

    *jobs, count = capsys.readouterr().out.splitlines()
    assert count == "DAG nightly: 2 jobs would be held"
    assert all(line.endswith(": PENDING") for line in jobs)
    assert cancelled(account) == set()


@pytest.mark.parametrize("arguments", [["weekly"], ["nightly", "--run-id", "manual__2"]])
def test_jobs_of_other_dags_and_runs_are_left_alone(account, arguments):
    main(["hold", *arguments])

    assert cancelled(account) == set()
