"""Job definitions looked up by their content, on the local Batch."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from airflow_batch_provider.batch.definitions import JobDefinitions
from airflow_batch_provider.batch.naming import definition_name
from tests.integration.cloud import Cloud

TOGETHER = 8
WANTED = {
    "jobDefinitionName": "nightly",
    "type": "container",
    "containerProperties": {
        "image": "busybox",
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
    },
}


def active(cloud: Cloud, name: str) -> list[int]:
    found = cloud.batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")
    return [each["revision"] for each in found["jobDefinitions"]]


def test_who_needs_it_later_finds_it(stage: Cloud):
    first = JobDefinitions(stage.batch).ensure(WANTED)

    second = JobDefinitions(stage.batch).ensure(WANTED)

    assert first == second
    assert active(stage, definition_name(WANTED)) == [1]


def test_many_at_the_same_moment_end_up_with_one(stage: Cloud):
    start = Barrier(TOGETHER)

    def ensure(_: int) -> str:
        definitions = JobDefinitions(stage.batch)
        start.wait(timeout=120)
        return definitions.ensure(WANTED)

    with ThreadPoolExecutor(TOGETHER) as pool:
        chosen = set(pool.map(ensure, range(TOGETHER)))

    (one,) = chosen
    assert [
        f"{definition_name(WANTED)}:{revision}" for revision in active(stage, definition_name(WANTED))
    ] == [one]


def test_a_job_runs_with_it(stage: Cloud):
    name = JobDefinitions(stage.batch).ensure(WANTED)

    job_id = stage.batch.submit_job(jobName="n", jobQueue="q", jobDefinition=name)["jobId"]

    (job,) = stage.batch.describe_jobs(jobs=[job_id])["jobs"]
    assert job["jobDefinition"].endswith(f"/{name}")
