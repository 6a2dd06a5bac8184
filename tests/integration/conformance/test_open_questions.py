"""Section 12: AWS's behavior is not known, and the local Batch has chosen its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_batch_provider.local.api.open_questions import ANSWERS
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud
from tests.integration.scripts import FOREVER

conformance = pytest.mark.conformance
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def refused(cloud: Cloud, **request: Any) -> bool:
    with pytest.raises(ClientError) as refusal:
        cloud.submit(**request)
    return bool(refusal.value.response["Error"]["Code"] == "ClientException")


@conformance("C12.01")
def test_a_dependency_on_an_unknown_job_is_refused(stage: Cloud) -> None:
    assert refused(stage, dependsOn=[{"jobId": UNKNOWN}])


@conformance("C12.02")
def test_counterparts_need_arrays_of_one_size(stage: Cloud) -> None:
    plain, array = stage.submit(), stage.submit(arrayProperties={"size": 3})

    for job_id, size in ((plain, 2), (array, 2)):
        pipeline = [{"jobId": job_id, "type": "N_TO_N"}]
        assert refused(stage, arrayProperties={"size": size}, dependsOn=pipeline)
    assert refused(stage, dependsOn=[{"jobId": array, "type": "N_TO_N"}])


@conformance("C12.10")
def test_children_show_the_dependencies_of_their_array(stage: Cloud) -> None:
    first = stage.submit(arrayProperties={"size": 2})
    depends_on = [{"jobId": first, "type": "N_TO_N"}, {"type": "SEQUENTIAL"}]
    array = stage.submit(arrayProperties={"size": 2}, dependsOn=depends_on)
    stage.wait(array)

    assert stage.describe(f"{array}:1")["dependsOn"] == depends_on


@conformance("C12.11")
def test_an_array_has_no_start(stage: Cloud) -> None:
    job = stage.wait(stage.submit(arrayProperties={"size": 2}))

    assert "startedAt" not in job
    assert "stoppedAt" in job


@conformance("C12.13")
def test_no_child_is_ever_submitted(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 10})
    array = stage.submit(arrayProperties={"size": 2000}, containerOverrides=FOREVER)
    seen = set()
    for _ in range(20):
        seen.add(stage.describe(array)["arrayProperties"]["statusSummary"]["SUBMITTED"])
    stage.batch.terminate_job(jobId=array, reason="seen")

    assert seen == {0}


@pytest.fixture(scope="module")
def obliging() -> Iterator[LocalBatch]:
    """A server with the alternative answers."""
    others = tuple(f"{question}={answers.alternative}" for question, answers in ANSWERS.items())
    with LocalBatch.start(Options(runner="script", open_questions=others)) as local:
        yield local


@pytest.fixture
def otherwise(obliging: LocalBatch) -> Cloud:
    cloud = Cloud(obliging.url)
    cloud.set_up()
    return cloud


@conformance("C12.18")
def test_rejected_requests_can_be_accepted_by_option(otherwise: Cloud) -> None:
    array = otherwise.submit(arrayProperties={"size": 3})
    for request in (
        {"dependsOn": [{"jobId": UNKNOWN}]},
        {"dependsOn": [{"jobId": array, "type": "N_TO_N"}], "arrayProperties": {"size": 2}},
        {"dependsOn": [{"jobId": array}] * 21},
        {"arrayProperties": {"size": 1}},
        {"retryStrategy": {"attempts": 11}},
        {"timeout": {"attemptDurationSeconds": 59}},
        {"parameters": {"long": "x" * 31_000}},
        {"containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}},
    ):
        assert otherwise.run(**request)["status"] == "SUCCEEDED"
    assert "jobSummaryList" in otherwise.batch.list_jobs()
    otherwise.batch.update_job_queue(jobQueue="q", state="DISABLED")
    assert otherwise.submit()


@conformance("C12.18")
def test_descriptions_can_be_changed_by_option(otherwise: Cloud) -> None:
    first = otherwise.submit(arrayProperties={"size": 2})
    array = otherwise.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first}])
    job = otherwise.wait(array)
    reference = otherwise.run("--x=Ref::x", parameters={"x": "1"})
    listed = otherwise.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]

    assert otherwise.describe(f"{array}:0")["dependsOn"] == []
    assert job["startedAt"] >= job["createdAt"]
    assert reference["container"]["command"] == ["--x=Ref::x"]
    assert [summary["jobId"] for summary in listed] == [first, array, reference["jobId"]]
