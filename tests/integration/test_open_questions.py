"""The alternative answers to open questions, through boto3; other tests cover the defaults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_batch_provider.local.api.open_questions import ANSWERS
from airflow_batch_provider.local.options import Options
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import FOREVER

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def other_server() -> Iterator[LocalBatch]:
    answers = tuple(f"{question}={each.alternative}" for question, each in ANSWERS.items())
    with LocalBatch.start(Options(runner="script", open_questions=answers)) as local:
        yield local


@pytest.fixture
def other(other_server: LocalBatch) -> Cloud:
    """A Region of a server with the alternative answer to every open question."""
    cloud = Cloud(other_server.url)
    cloud.set_up()
    return cloud


def test_u1_an_unknown_dependency_is_ignored(other: Cloud) -> None:
    assert other.run(dependsOn=[{"jobId": UNKNOWN}])["status"] == "SUCCEEDED"


def test_u2_arrays_of_two_sizes_are_paired_as_far_as_they_go(other: Cloud) -> None:
    small = other.submit(arrayProperties={"size": 2}, containerOverrides=FOREVER)
    large = other.submit(arrayProperties={"size": 3}, dependsOn=[{"jobId": small, "type": "N_TO_N"}])

    assert other.wait(f"{large}:2")["status"] == "SUCCEEDED"
    assert other.describe(f"{large}:1")["status"] == "PENDING"


def test_u2_n_to_n_on_a_plain_job_waits_for_it(other: Cloud) -> None:
    plain = other.submit()

    job = other.run(arrayProperties={"size": 2}, dependsOn=[{"jobId": plain, "type": "N_TO_N"}])

    assert job["status"] == "SUCCEEDED"


def test_u3_more_than_twenty_dependencies(other: Cloud) -> None:
    jobs = [other.submit() for _ in range(21)]

    assert other.run(dependsOn=[{"jobId": job_id} for job_id in jobs])["status"] == "SUCCEEDED"


def test_u4_an_array_of_one(other: Cloud) -> None:
    job = other.run(arrayProperties={"size": 1})

    assert (job["status"], job["arrayProperties"]["size"]) == ("SUCCEEDED", 1)


def test_u5_a_disabled_queue_takes_jobs(other: Cloud) -> None:
    other.batch.update_job_queue(jobQueue="q", state="DISABLED")

    assert other.run()["status"] == "SUCCEEDED"


def test_u6_attempts_and_timeouts_out_of_range(other: Cloud) -> None:
    job = other.run(retryStrategy={"attempts": 11}, timeout={"attemptDurationSeconds": 59})

    assert (job["retryStrategy"]["attempts"], job["timeout"]) == (11, {"attemptDurationSeconds": 59})


def test_u7_a_large_payload(other: Cloud) -> None:
    assert other.run(parameters={"long": "x" * 31_000})["status"] == "SUCCEEDED"


def test_u8_a_reserved_variable(other: Cloud) -> None:
    variables = [{"name": "AWS_BATCH_MINE", "value": "1"}]

    job = other.run(containerOverrides={"environment": variables})

    assert job["container"]["environment"] == variables


def test_u9_no_selector_and_two(other: Cloud) -> None:
    job = other.run()

    both = other.batch.list_jobs(jobQueue="q", arrayJobId=UNKNOWN, jobStatus="SUCCEEDED")

    assert other.batch.list_jobs()["jobSummaryList"] == []
    assert [each["jobId"] for each in both["jobSummaryList"]] == [job["jobId"]]


def test_u10_children_show_no_dependencies(other: Cloud) -> None:
    array = other.run(arrayProperties={"size": 2}, dependsOn=[{"type": "SEQUENTIAL"}])

    assert array["dependsOn"] == [{"type": "SEQUENTIAL"}]
    assert other.describe(f"{array['jobId']}:1")["dependsOn"] == []


def test_u11_an_array_starts_with_its_first_child(other: Cloud) -> None:
    array = other.run(arrayProperties={"size": 2}, dependsOn=[{"type": "SEQUENTIAL"}])

    assert array["startedAt"] == other.describe(f"{array['jobId']}:0")["startedAt"]


def test_u15_a_reference_inside_an_argument_is_kept(other: Cloud) -> None:
    job = other.run("echo", "--day=Ref::day", "Ref::day", parameters={"day": "Monday"})

    assert job["container"]["command"] == ["echo", "--day=Ref::day", "Monday"]


def test_u16_the_oldest_is_listed_first(other: Cloud) -> None:
    jobs = [other.run()["jobId"] for _ in range(3)]

    def listed() -> list[str]:
        pages = other.batch.get_paginator("list_jobs").paginate(
            jobQueue="q", jobStatus="SUCCEEDED", PaginationConfig={"PageSize": 2}
        )
        return [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    assert eventually(listed, "three jobs") == jobs
