"""Section 1.4: cancel and terminate."""

import pytest
from botocore.exceptions import ClientError

from airflow_batch_provider.local.options import Options
from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted
from tests.integration.wire import call

conformance = pytest.mark.conformance
UNKNOWN = "11111111-2222-4333-8444-555555555555"
VERBS = ["cancel_job", "terminate_job"]


def running(cloud: Cloud, **request: object) -> str:
    job_id = cloud.submit(containerOverrides=FOREVER, **request)
    cloud.wait(job_id, "RUNNING")
    return job_id


@conformance("C1.70", "C4.16")
@pytest.mark.parametrize("operation", ["CancelJob", "TerminateJob"])
def test_an_end_needs_an_id_and_a_reason_of_at_most_1024_characters(stage: Cloud, operation: str) -> None:
    statuses = [
        call(stage.url, operation, params).status
        for params in (
            {"jobId": UNKNOWN},
            {"reason": "x"},
            {"jobId": UNKNOWN, "reason": "x" * 1025},
            {"jobId": UNKNOWN, "reason": "x" * 1024},
        )
    ]

    assert statuses == [400, 400, 400, 200]


@conformance("C1.71")
def test_cancel_does_not_affect_starting_and_running_jobs(stage: Cloud, director: Director) -> None:
    starting = stage.submit(containerOverrides=scripted({"start_seconds": 100}))
    stage.wait(starting, "STARTING")
    started = running(stage)
    for job_id in (starting, started):
        stage.batch.cancel_job(jobId=job_id, reason="x")

    director.pass_seconds(100)
    director.end(started)

    jobs = [stage.wait(job_id) for job_id in (starting, started)]
    assert [(job["status"], job["isCancelled"]) for job in jobs] == [("SUCCEEDED", False)] * 2


@conformance("C1.72")
def test_a_cancelled_job_waits_for_its_dependencies_all_the_same(stage: Cloud, director: Director) -> None:
    first = running(stage)
    job_id = stage.submit(dependsOn=[{"jobId": first}])
    stage.wait(job_id, "PENDING")

    stage.batch.cancel_job(jobId=job_id, reason="not needed")
    waiting = stage.describe(job_id)
    director.end(first)
    ended = stage.wait(job_id)

    assert (waiting["status"], waiting["isCancelled"]) == ("PENDING", True)
    assert (ended["status"], ended["statusReason"], ended["attempts"]) == ("FAILED", "not needed", [])


@conformance("C1.73")
def test_a_terminated_job_waits_for_its_dependencies_too(stage: Cloud, director: Director) -> None:
    first = running(stage)
    job_id = stage.submit(dependsOn=[{"jobId": first}])
    stage.wait(job_id, "PENDING")

    stage.batch.terminate_job(jobId=job_id, reason="not needed")
    waiting = stage.describe(job_id)
    director.end(first)

    assert (waiting["status"], waiting["isTerminated"]) == ("PENDING", True)
    assert stage.wait(job_id)["statusReason"] == "not needed"


@conformance("C1.74")
def test_an_array_is_cancelled_child_by_child(narrow: Cloud, director: Director) -> None:
    array = narrow.submit(arrayProperties={"size": 3}, containerOverrides=FOREVER)
    narrow.wait(f"{array}:0", "RUNNING")

    narrow.batch.cancel_job(jobId=array, reason="enough")
    others = [narrow.wait(f"{array}:{index}")["status"] for index in (1, 2)]
    meanwhile = narrow.describe(array)["status"]
    director.end(f"{array}:0")

    assert (others, meanwhile) == (["FAILED", "FAILED"], "PENDING")
    assert narrow.wait(array)["status"] == "FAILED"
    assert narrow.describe(f"{array}:0")["status"] == "SUCCEEDED"


@conformance("C1.75")
@pytest.mark.parametrize("script", [{"start_seconds": 10**6}, {"duration_seconds": 10**6}])
def test_terminate_ends_starting_and_running_jobs(stage: Cloud, script: dict[str, object]) -> None:
    job_id = stage.submit(containerOverrides=scripted(script))
    stage.wait(job_id, "STARTING", "RUNNING")

    stage.batch.terminate_job(jobId=job_id, reason="enough")
    job = stage.wait(job_id)

    assert (job["status"], job["statusReason"], job["isTerminated"]) == ("FAILED", "enough", True)


@conformance("C1.76", "C6.14")
def test_a_process_gets_sigterm_and_then_sigkill(cloud: Cloud) -> None:
    job_id = cloud.submit("bash", "-c", "trap 'echo heard' TERM; echo ready; while :; do sleep 0.1; done")
    eventually(lambda: cloud.lines(cloud.wait(job_id, "RUNNING")), "the trap is set")

    cloud.batch.terminate_job(jobId=job_id, reason="enough")
    job = cloud.wait(job_id)

    assert cloud.lines(job)[-1] == "heard"
    assert job["container"]["exitCode"] == 137
    assert Options().grace_seconds == 30


@conformance("C1.77")
@pytest.mark.parametrize(("trap", "exit_code"), [("trap - TERM", 143), ("trap 'exit 7' TERM", 7)])
def test_a_process_that_heeds_sigterm_keeps_its_exit_code(cloud: Cloud, trap: str, exit_code: int) -> None:
    job_id = cloud.submit("bash", "-c", f"{trap}; echo ready; while :; do sleep 0.1; done")
    eventually(lambda: cloud.lines(cloud.wait(job_id, "RUNNING")), "the trap is set")

    cloud.batch.terminate_job(jobId=job_id, reason="enough")

    assert cloud.wait(job_id)["container"]["exitCode"] == exit_code


@conformance("C1.78", "C6.06")
def test_cancelled_and_terminated_jobs_are_not_retried(stage: Cloud) -> None:
    terminated = running(stage, retryStrategy={"attempts": 5})
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    cancelled = stage.submit(retryStrategy={"attempts": 5})
    stage.wait(cancelled, "RUNNABLE")

    stage.batch.terminate_job(jobId=terminated, reason="x")
    stage.batch.cancel_job(jobId=cancelled, reason="x")

    assert [len(stage.wait(job_id)["attempts"]) for job_id in (terminated, cancelled)] == [1, 0]


@conformance("C1.79")
@pytest.mark.parametrize("operation", ["cancel_jobs", "terminate_jobs"])
def test_jobs_that_cannot_be_found_count_as_ended(stage: Cloud, operation: str) -> None:
    answer = getattr(stage.batch, operation)(jobs=[UNKNOWN], reason="x")

    assert (answer["successful"], answer["errors"]) == ([UNKNOWN], [])


@conformance("C1.80")
@pytest.mark.parametrize("verb", VERBS)
def test_one_job_that_cannot_be_found_is_no_error(stage: Cloud, verb: str) -> None:
    answer = getattr(stage.batch, verb)(jobId=UNKNOWN, reason="x")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@conformance("C1.81")
@pytest.mark.parametrize("verb", VERBS)
def test_a_job_that_has_ended_is_left_as_it_is(stage: Cloud, verb: str) -> None:
    job = stage.run()

    getattr(stage.batch, verb)(jobId=job["jobId"], reason="x")

    assert stage.describe(job["jobId"]) == job


@conformance("C1.82")
def test_many_jobs_are_ended_for_one_reason(stage: Cloud) -> None:
    job_ids = [running(stage) for _ in range(3)]

    answer = stage.batch.terminate_jobs(jobs=[*job_ids, "nonsense"], reason="all of them")

    assert answer["successful"] == job_ids
    (error,) = answer["errors"]
    assert (error["job"], error["code"]) == ("nonsense", "ValidationException")
    assert error["message"]
    assert {stage.wait(job_id)["statusReason"] for job_id in job_ids} == {"all of them"}


@conformance("C1.82", "C4.08")
@pytest.mark.parametrize("operation", ["cancel_jobs", "terminate_jobs"])
def test_fifty_jobs_are_the_most(stage: Cloud, operation: str) -> None:
    job_ids = [f"11111111-2222-4333-8444-{number:012}" for number in range(51)]

    assert len(getattr(stage.batch, operation)(jobs=job_ids[:50], reason="x")["successful"]) == 50
    with pytest.raises(ClientError, match="50"):
        getattr(stage.batch, operation)(jobs=job_ids, reason="x")
