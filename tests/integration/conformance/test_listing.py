"""Section 7: ListJobs."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance


def listed(cloud: Cloud, **request: Any) -> list[str]:
    answer = cloud.batch.list_jobs(**{"jobQueue": "q", **request})
    return [summary["jobId"] for summary in answer["jobSummaryList"]]


def found(cloud: Cloud, name: str, value: str, **request: Any) -> list[str]:
    return listed(cloud, filters=[{"name": name, "values": [value]}], **request)


@conformance("C7.01", "C12.09")
def test_one_selector_is_needed(stage: Cloud) -> None:
    for selectors in ({}, {"jobQueue": "q", "arrayJobId": "x"}):
        with pytest.raises(ClientError) as refusal:
            stage.batch.list_jobs(**selectors)
        assert refusal.value.response["Error"]["Code"] == "ClientException"


@conformance("C7.02")
def test_running_jobs_are_listed_unless_a_status_is_named(stage: Cloud) -> None:
    succeeded, running = stage.run()["jobId"], stage.submit(containerOverrides=FOREVER)
    stage.wait(running, "RUNNING")

    assert listed(stage) == [running]
    assert listed(stage, jobStatus="SUCCEEDED") == [succeeded]


@conformance("C7.03", "C7.04")
def test_there_is_one_filter_and_its_name_is_case_sensitive(stage: Cloud) -> None:
    two = [{"name": "JOB_NAME", "values": ["a"]}, {"name": "JOB_DEFINITION", "values": ["d"]}]

    with pytest.raises(ClientError):
        listed(stage, filters=two)
    with pytest.raises(ClientError):
        found(stage, "job_name", "a")


@conformance("C7.05", "C7.09")
def test_names_are_found_in_any_case_by_text_or_beginning_and_with_any_status(stage: Cloud) -> None:
    first = stage.run(jobName="align-1")["jobId"]
    second = stage.run(jobName="Align-2", containerOverrides=scripted({"exit_code": 1}))["jobId"]
    stage.run(jobName="sort")

    assert found(stage, "JOB_NAME", "ALIGN-1") == [first]
    assert set(found(stage, "JOB_NAME", "aLIGN*", jobStatus="RUNNING")) == {first, second}
    assert found(stage, "JOB_NAME", "align") == []


@conformance("C7.06")
def test_definitions_are_found_by_name_beginning_or_revision(stage: Cloud) -> None:
    one, two = stage.define("model"), stage.define("model")
    first = stage.run(jobDefinition=one)["jobId"]
    second = stage.run(jobDefinition=two)["jobId"]

    assert found(stage, "JOB_DEFINITION", "model") == [second, first]
    assert found(stage, "JOB_DEFINITION", "mo*") == [second, first]
    assert found(stage, "JOB_DEFINITION", one) == [first]
    assert found(stage, "JOB_DEFINITION", "Model") == []


@conformance("C7.07", "C7.10")
def test_time_filters_take_milliseconds_and_list_the_newest_first(stage: Cloud, director: Director) -> None:
    jobs = []
    for _ in range(3):
        jobs.append(stage.run())
        director.pass_seconds(1)
    first, second, third = (job["jobId"] for job in jobs)
    moment = str(jobs[1]["createdAt"])

    assert found(stage, "BEFORE_CREATED_AT", moment) == [first]
    assert found(stage, "AFTER_CREATED_AT", moment) == [third]
    assert found(stage, "AFTER_CREATED_AT", "0") == [third, second, first]


@conformance("C7.11")
def test_a_page_holds_a_thousand_or_a_hundred_with_a_filter(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    array = stage.submit(arrayProperties={"size": 1001})
    stage.batch.cancel_job(jobId=array, reason="only to be listed")
    stage.wait(array)
    for _ in range(101):
        stage.submit()

    children = stage.batch.list_jobs(arrayJobId=array, jobStatus="FAILED", maxResults=2000)
    filtered = found(stage, "JOB_NAME", "job", maxResults=1000)

    assert len(children["jobSummaryList"]) == 1000
    assert len(filtered) == 100
    assert len(listed(stage, jobStatus="RUNNABLE")) == 101
    rest = stage.batch.list_jobs(arrayJobId=array, jobStatus="FAILED", nextToken=children["nextToken"])
    assert (len(rest["jobSummaryList"]), "nextToken" in rest) == (1, False)


@conformance("C7.12")
def test_pages_need_at_least_one_result(stage: Cloud) -> None:
    with pytest.raises(ClientError):
        listed(stage, maxResults=0)


@conformance("C7.13")
def test_a_summary_tells_the_little_that_is_needed(stage: Cloud) -> None:
    job = stage.run(containerOverrides=scripted({"exit_code": 3, "reason": "OutOfMemoryError: x"}))

    (summary,) = stage.batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]

    shown = ("jobArn", "jobId", "jobName", "createdAt", "status", "statusReason", "startedAt", "stoppedAt")
    assert {member: summary[member] for member in shown} == {member: job[member] for member in shown}
    assert summary["container"] == {"exitCode": 3, "reason": "OutOfMemoryError: x"}
    assert summary["jobDefinition"] == job["jobDefinition"]


@conformance("C7.14")
def test_an_unknown_queue_is_an_error(stage: Cloud) -> None:
    with pytest.raises(ClientError, match=r"JobQueue nowhere not found\."):
        listed(stage, jobQueue="nowhere")


@conformance("C12.16")
def test_without_a_filter_the_newest_come_first(stage: Cloud) -> None:
    job_ids = [stage.run()["jobId"] for _ in range(3)]

    assert listed(stage, jobStatus="SUCCEEDED") == job_ids[::-1]
