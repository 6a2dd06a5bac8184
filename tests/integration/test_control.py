import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.local.server import LocalBatch
from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import FOREVER
from tests.integration.wire import Reply, send


class Controls:
    """The control API of a server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, body: Any = None) -> Reply:
        content = b"" if body is None else json.dumps(body).encode()
        return send(self.url, method, f"/_local/{path}", content)

    def order(self, **fault: Any) -> None:
        assert self.ask("POST", "faults", fault).status == 200


@pytest.fixture
def controls(script_server: LocalBatch) -> Iterator[Controls]:
    controls = Controls(script_server.url)
    controls.ask("DELETE", "calls")
    yield controls
    controls.ask("DELETE", "faults")
    controls.ask("POST", "scripts", [])


def submit_fails(stage: Cloud) -> ClientError:
    with pytest.raises(ClientError) as failure:
        stage.submit()
    return failure.value


def test_calls_are_counted_by_operation(stage: Cloud, controls: Controls) -> None:
    for _ in range(3):
        stage.batch.describe_jobs(jobs=[])

    answer = controls.ask("GET", "calls?operation=DescribeJobs").json

    assert answer["counts"]["DescribeJobs"] == 3
    assert [call["status"] for call in answer["calls"]] == [200, 200, 200]


def test_a_shortage_keeps_jobs_waiting_until_it_ends(stage: Cloud, controls: Controls) -> None:
    region = LocalBatchRegion(controls.url, stage.region)
    running = stage.submit(containerOverrides=FOREVER)
    stage.wait(running, "RUNNING")

    region.start_shortage("ce", "CAPACITY:NO_SUCH_INSTANCES")
    job_id = stage.submit()
    eventually(lambda: stage.describe(job_id).get("statusReason"), "a reason")
    waiting, untouched = stage.describe(job_id), stage.describe(running)
    region.end_shortage("ce")

    assert waiting["statusReason"] == "CAPACITY:NO_SUCH_INSTANCES"
    assert untouched["status"] == "RUNNING"
    assert region.wait(job_id)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("clock", b"5", "must be a JSON object"),
        ("clock", b'{"advance_seconds": "5"}', "must be a number"),
        ("clock", b'{"advance_seconds": NaN}', "must be a number"),
        ("clock", b'{"advance_seconds": -1}', "0 or more"),
        ("clock", b'{"advance_seconds": 1e308}', "at most 3153600000 s ahead"),
        ("clock", b"{}", "advance_seconds is None"),
        ("faults", b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        ("faults", b"[]", "must be a JSON object"),
        ("faults", b"\xff", "utf-8"),
        ("shortages/ce", b"[]", "must be a JSON object"),
    ],
)
def test_an_invalid_request_is_rejected(controls: Controls, path: str, body: bytes, message: str) -> None:
    reply = send(controls.url, "POST", f"/_local/{path}", body)

    assert reply.status == 400
    assert message in reply.json["message"]


def test_a_shortage_needs_a_compute_environment(stage: Cloud, controls: Controls) -> None:
    reply = controls.ask("POST", f"shortages/nowhere?region={stage.region}", {})

    assert (reply.status, reply.json["message"]) == (404, "compute environment nowhere does not exist")


def test_calls_of_other_services_are_counted_too(stage: Cloud, controls: Controls) -> None:
    stage.logs.describe_log_groups()

    assert controls.ask("GET", "calls").json["counts"]["logs:DescribeLogGroups"] == 1


def test_an_operation_is_throttled_once(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="SubmitJob", kind="throttle")

    error = submit_fails(stage)

    assert error.response["Error"]["Code"] == "TooManyRequestsException"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert stage.submit()


def test_the_nth_call_fails(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="SubmitJob", kind="error", skip=1, times=2)

    stage.submit()
    codes = [submit_fails(stage).response["ResponseMetadata"]["HTTPStatusCode"] for _ in range(2)]

    assert codes == [500, 500]
    assert stage.submit()


def test_a_lost_response_still_creates_the_job(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="SubmitJob", kind="drop", phase="after")

    with pytest.raises(ConnectionClosedError):
        stage.submit(jobName="lost")

    filters = [{"name": "JOB_NAME", "values": ["lost"]}]
    assert len(stage.batch.list_jobs(jobQueue="q", filters=filters)["jobSummaryList"]) == 1


def test_a_lost_request_creates_nothing(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="SubmitJob", kind="drop", phase="before")

    with pytest.raises(ConnectionClosedError):
        stage.submit(jobName="lost")

    filters = [{"name": "JOB_NAME", "values": ["lost"]}]
    assert stage.batch.list_jobs(jobQueue="q", filters=filters)["jobSummaryList"] == []


def test_a_share_of_the_calls_fails(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="DescribeJobs", kind="throttle", share=0.5, times=None)

    statuses = []
    for _ in range(40):
        try:
            stage.batch.describe_jobs(jobs=[])
            statuses.append(200)
        except ClientError:
            statuses.append(429)

    assert 5 < statuses.count(429) < 35


def test_calls_above_a_rate_are_throttled(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="DescribeJobs", kind="throttle", rate=5, times=None)

    statuses = []
    for _ in range(12):
        try:
            stage.batch.describe_jobs(jobs=[])
            statuses.append(200)
        except ClientError:
            statuses.append(429)

    assert statuses[:5] == [200] * 5
    assert statuses.count(429) >= 5


def test_jobs_are_missing_for_some_rounds(stage: Cloud, controls: Controls) -> None:
    job_id = stage.submit()
    controls.order(operation="DescribeJobs", kind="missing", times=2)

    seen = [len(stage.batch.describe_jobs(jobs=[job_id])["jobs"]) for _ in range(3)]

    assert seen == [0, 0, 1]


def test_a_delayed_answer_comes(stage: Cloud, controls: Controls) -> None:
    controls.order(operation="DescribeJobs", kind="delay", seconds=0.2)

    stage.batch.describe_jobs(jobs=[])

    (call,) = controls.ask("GET", "calls?operation=DescribeJobs").json["calls"]
    assert call["seconds"] >= 0.2


def test_a_forgotten_job_is_neither_described_nor_listed(stage: Cloud, controls: Controls) -> None:
    job_id = stage.run()["jobId"]

    controls.ask("POST", f"jobs/{job_id}/forget?region={stage.region}")

    assert stage.batch.describe_jobs(jobs=[job_id])["jobs"] == []
    assert stage.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"] == []


def test_a_running_job_can_be_ended_from_outside(stage: Cloud, controls: Controls) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    controls.ask("POST", f"jobs/{job_id}/end?region={stage.region}", {"exit_code": 4})

    assert stage.wait(job_id)["container"]["exitCode"] == 4


def test_a_child_or_all_children_can_be_ended_from_outside(stage: Cloud, controls: Controls) -> None:
    array = stage.submit(containerOverrides=FOREVER, arrayProperties={"size": 3})
    for index in range(3):
        stage.wait(f"{array}:{index}", "RUNNING")

    failed = controls.ask(
        "POST", f"jobs/{array}:1/end?region={stage.region}", {"exit_code": 1, "reason": "x"}
    )
    others = controls.ask("POST", f"jobs/{array}/end?region={stage.region}", {"exit_code": 0})
    job = stage.wait(array)

    assert (failed.json, others.json) == ({"ended": 1}, {"ended": 2})
    assert job["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 2
    assert stage.describe(f"{array}:1")["container"]["reason"] == "x"


def test_a_job_without_an_attempt_cannot_be_ended(stage: Cloud, controls: Controls) -> None:
    job_id = stage.run()["jobId"]

    assert controls.ask("POST", f"jobs/{job_id}/end?region={stage.region}").status == 409


def test_the_host_of_a_job_can_be_reclaimed(stage: Cloud, controls: Controls) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    controls.ask("POST", f"jobs/{job_id}/reclaim?region={stage.region}", {"instance_id": "i-9"})

    assert stage.wait(job_id)["statusReason"] == "Host EC2 (instance i-9) terminated."


def test_moving_the_clock_lets_scripts_and_timeouts_pass(stage: Cloud, controls: Controls) -> None:
    job_id = stage.submit(containerOverrides=FOREVER, timeout={"attemptDurationSeconds": 3600})
    before = stage.wait(job_id, "RUNNING")

    controls.ask("POST", "clock", {"advance_seconds": 3600})
    job = stage.wait(job_id)

    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert job["stoppedAt"] - before["startedAt"] >= 3_600_000


def test_the_clock_does_not_run_backwards(controls: Controls) -> None:
    assert controls.ask("POST", "clock", {"advance_seconds": -1}).status == 400


def test_rules_of_the_server_script_jobs_by_name(stage: Cloud, controls: Controls) -> None:
    controls.ask("POST", "scripts", [{"job_name": "flaky-*", "attempt": 1, "exit_code": 1}])

    flaky = stage.run(jobName="flaky-1", retryStrategy={"attempts": 2})
    other = stage.run(jobName="other")

    assert [attempt["container"]["exitCode"] for attempt in flaky["attempts"]] == [1, 0]
    assert other["status"] == "SUCCEEDED"


def test_a_child_can_be_scripted_by_index(stage: Cloud, controls: Controls) -> None:
    controls.ask("POST", "scripts", [{"index": 1, "start_failure": "CannotPullContainerError: gone"}])
    array = stage.submit(arrayProperties={"size": 2})
    stage.wait(array)

    failed = stage.describe(f"{array}:1")

    assert failed["statusReason"] == "Task failed to start"
    assert failed["container"]["reason"] == "CannotPullContainerError: gone"
    assert stage.describe(f"{array}:0")["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "faults", {"kind": "nonsense"}),
        ("POST", "faults", {"unknown": 1}),
        ("POST", "faults", [1]),
        ("POST", "faults", {"share": 2}),
        ("POST", "faults", {"rate": -1}),
        ("POST", "faults", {"rate": "many"}),
        ("POST", "faults", {"operation": "SubmitJob", "kind": "missing"}),
        ("POST", "clock", {}),
        ("POST", "scripts", [{"unknown": 1}]),
        ("POST", "scripts", 1),
        ("POST", "nothing", None),
        ("POST", "jobs/x/forget", None),
    ],
)
def test_invalid_values_are_rejected(controls: Controls, method: str, path: str, body: Any) -> None:
    assert 400 <= controls.ask(method, path, body).status < 500


def test_the_control_api_is_closed_unless_opened(process_server: LocalBatch) -> None:
    assert send(process_server.url, "GET", "/_local/calls").status == 403


def test_a_reset_forgets_everything() -> None:
    from airflow_batch_provider.local.options import Options

    with LocalBatch.start(Options(control=True)) as local:
        cloud = Cloud(local.url)
        cloud.set_up()
        job_id = cloud.submit("sleep", "600")
        cloud.wait(job_id, "RUNNING")

        Controls(local.url).ask("POST", "reset")

        assert cloud.batch.describe_jobs(jobs=[job_id])["jobs"] == []
        assert cloud.batch.describe_job_queues()["jobQueues"] == []
