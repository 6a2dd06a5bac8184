"""Section 3: dependencies."""

import pytest
from botocore.exceptions import ClientError

from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance


def running(cloud: Cloud, **request: object) -> str:
    job_id = cloud.submit(containerOverrides=FOREVER, **request)
    cloud.wait(job_id, "RUNNING")
    return job_id


def array_of(cloud: Cloud, size: int, *after: dict[str, str], **script: object) -> str:
    overrides = scripted({"duration_seconds": 10**6, **script})
    return cloud.submit(arrayProperties={"size": size}, dependsOn=list(after), containerOverrides=overrides)


def statuses(cloud: Cloud, array: str, size: int) -> list[str]:
    return [cloud.describe(f"{array}:{index}")["status"] for index in range(size)]


@conformance("C3.01", "C12.03")
def test_a_job_has_at_most_twenty_dependencies(stage: Cloud) -> None:
    job_ids = [stage.submit() for _ in range(21)]

    assert stage.run(dependsOn=[{"jobId": job_id} for job_id in job_ids[:20]])["status"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="20"):
        stage.submit(dependsOn=[{"jobId": job_id} for job_id in job_ids])


@conformance("C3.02")
def test_the_two_types_never_run_a_job_after_a_failure(stage: Cloud) -> None:
    first = stage.submit()

    with pytest.raises(ClientError, match="N_TO_N, SEQUENTIAL"):
        stage.submit(dependsOn=[{"jobId": first, "type": "AFTER_ANY"}])


@conformance("C3.03")
def test_any_number_of_jobs_may_wait_for_one(stage: Cloud, director: Director) -> None:
    first = running(stage)
    job_ids = [stage.submit(dependsOn=[{"jobId": first}]) for _ in range(60)]
    stage.wait(job_ids[-1], "PENDING")

    director.end(first)

    assert {stage.wait(job_id)["status"] for job_id in job_ids} == {"SUCCEEDED"}


@conformance("C3.04")
def test_a_job_waits_for_all_children_of_an_array(stage: Cloud, director: Director) -> None:
    array = array_of(stage, 2)
    job_id = stage.submit(dependsOn=[{"jobId": array}])
    for index in (0, 1):
        stage.wait(f"{array}:{index}", "RUNNING")

    director.end(f"{array}:0")
    stage.wait(f"{array}:0")
    halfway = stage.describe(job_id)["status"]
    director.end(f"{array}:1")

    assert halfway == "PENDING"
    assert stage.wait(job_id)["status"] == "SUCCEEDED"


@conformance("C3.05")
def test_all_children_wait_for_the_job_that_their_array_names(stage: Cloud, director: Director) -> None:
    first = running(stage)
    array = array_of(stage, 2, {"jobId": first})
    before = stage.wait(array, "PENDING")["arrayProperties"]["statusSummary"]

    director.end(first)

    assert before["RUNNABLE"] == before["STARTING"] == before["RUNNING"] == 0
    for index in (0, 1):
        stage.wait(f"{array}:{index}", "RUNNING")


@conformance("C3.06")
def test_children_of_a_sequential_array_run_one_by_one(stage: Cloud, director: Director) -> None:
    array = array_of(stage, 3, {"type": "SEQUENTIAL"})
    seen = []
    for index in range(3):
        stage.wait(f"{array}:{index}", "RUNNING")
        seen.append(statuses(stage, array, 3))
        director.end(f"{array}:{index}")

    assert seen == [
        ["RUNNING", "PENDING", "PENDING"],
        ["SUCCEEDED", "RUNNING", "PENDING"],
        ["SUCCEEDED", "SUCCEEDED", "RUNNING"],
    ]
    assert stage.wait(array)["status"] == "SUCCEEDED"


@conformance("C3.07")
def test_sequential_with_a_job_is_a_plain_dependency(stage: Cloud, director: Director) -> None:
    first = running(stage)
    depends_on = [{"jobId": first, "type": "SEQUENTIAL"}]
    job_id = stage.submit(dependsOn=depends_on)
    waiting = stage.wait(job_id, "PENDING")

    director.end(first)

    assert waiting["dependsOn"] == depends_on
    assert stage.wait(job_id)["status"] == "SUCCEEDED"


@conformance("C3.08")
def test_a_child_waits_for_its_counterpart_alone(stage: Cloud, director: Director) -> None:
    first = array_of(stage, 2)
    second = array_of(stage, 2, {"jobId": first, "type": "N_TO_N"})
    stage.wait(f"{first}:1", "RUNNING")

    director.end(f"{first}:1")
    stage.wait(f"{second}:1", "RUNNING")

    assert statuses(stage, second, 2) == ["PENDING", "RUNNING"]
    assert stage.describe(f"{first}:0")["status"] == "RUNNING"


@conformance("C3.09")
def test_a_child_waits_for_each_of_several_counterparts(stage: Cloud, director: Director) -> None:
    first, second = array_of(stage, 2), array_of(stage, 2)
    both = [{"jobId": each, "type": "N_TO_N"} for each in (first, second)]
    third = array_of(stage, 2, *both, {"type": "SEQUENTIAL"})
    stage.wait(f"{third}:1", "PENDING")
    for array in (first, second):
        stage.wait(f"{array}:1", "RUNNING")
        director.end(f"{array}:1")
        stage.wait(f"{array}:1")

    before = statuses(stage, third, 2)
    for array in (first, second):
        director.end(f"{array}:0")
    stage.wait(f"{third}:0", "RUNNING")
    director.end(f"{third}:0")

    assert before == ["PENDING", "PENDING"]
    stage.wait(f"{third}:1", "RUNNING")


@conformance("C3.10")
def test_a_failed_counterpart_fails_one_child(stage: Cloud, director: Director) -> None:
    first = array_of(stage, 2)
    second = stage.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first, "type": "N_TO_N"}])
    for index, exit_code in ((0, 1), (1, 0)):
        stage.wait(f"{first}:{index}", "RUNNING")
        director.end(f"{first}:{index}", exit_code=exit_code)

    parent = stage.wait(second)

    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert stage.describe(f"{second}:0")["statusReason"] == "Dependent Job failed"
    assert stage.describe(f"{second}:1")["status"] == "SUCCEEDED"


@conformance("C3.11", "C12.14")
def test_a_failed_child_of_a_sequential_array_fails_the_children_after_it(stage: Cloud) -> None:
    array = stage.submit(
        arrayProperties={"size": 4},
        dependsOn=[{"type": "SEQUENTIAL"}],
        containerOverrides=scripted({"index": 1, "exit_code": 1}),
    )

    assert stage.wait(array)["statusReason"] == "Array Child Job failed"
    assert statuses(stage, array, 4) == ["SUCCEEDED", "FAILED", "FAILED", "FAILED"]
    behind = [stage.describe(f"{array}:{index}") for index in (2, 3)]
    assert {child["statusReason"] for child in behind} == {"Dependent Job failed"}
    assert [child["attempts"] for child in behind] == [[], []]


@conformance("C3.12")
def test_a_failure_propagates_along_the_whole_chain(stage: Cloud) -> None:
    job_ids = [stage.submit(containerOverrides=scripted({"exit_code": 1}))]
    for _ in range(5):
        job_ids.append(stage.submit(dependsOn=[{"jobId": job_ids[-1]}]))

    last = stage.wait(job_ids[-1])

    assert (last["statusReason"], last["attempts"]) == ("Dependent Job failed", [])
    assert "startedAt" not in last
    assert "taskArn" not in last["container"]


@conformance("C3.13")
def test_a_failed_attempt_is_no_failed_dependency(stage: Cloud) -> None:
    first = stage.submit(
        retryStrategy={"attempts": 2}, containerOverrides=scripted({"attempt": 1, "exit_code": 1})
    )

    assert stage.run(dependsOn=[{"jobId": first}])["status"] == "SUCCEEDED"


@conformance("C3.14")
@pytest.mark.parametrize(("exit_code", "status"), [(0, "SUCCEEDED"), (1, "FAILED")])
def test_a_dependency_may_have_ended_already(stage: Cloud, exit_code: int, status: str) -> None:
    first = stage.run(containerOverrides=scripted({"exit_code": exit_code}))["jobId"]

    assert stage.run(dependsOn=[{"jobId": first}])["status"] == status


@conformance("C3.15")
def test_a_job_may_wait_for_one_child(stage: Cloud, director: Director) -> None:
    array = array_of(stage, 2)
    stage.wait(f"{array}:1", "RUNNING")
    job_id = stage.submit(dependsOn=[{"jobId": f"{array}:1"}])
    stage.wait(job_id, "PENDING")

    director.end(f"{array}:1")

    assert stage.wait(job_id)["status"] == "SUCCEEDED"
    assert stage.describe(array)["status"] == "PENDING"


@conformance("C3.16")
def test_a_job_may_wait_for_a_job_of_another_queue(stage: Cloud, director: Director) -> None:
    stage.queue("other", "ce")
    first = running(stage, jobQueue="other")
    job_id = stage.submit(dependsOn=[{"jobId": first}])
    stage.wait(job_id, "PENDING")

    director.end(first)

    assert stage.wait(job_id)["status"] == "SUCCEEDED"


@conformance("C3.17", "C12.01")
def test_a_job_of_another_region_is_unknown(stage: Cloud, script_server: LocalBatch) -> None:
    elsewhere = Cloud(script_server.url)
    elsewhere.set_up()
    job_id = elsewhere.submit()

    with pytest.raises(ClientError) as refusal:
        stage.submit(dependsOn=[{"jobId": job_id}])

    assert refusal.value.response["Error"]["Code"] == "ClientException"
