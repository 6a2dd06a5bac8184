"""Section 5: queues, compute environments and scheduling."""

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER

conformance = pytest.mark.conformance


def running(cloud: Cloud, **request: object) -> str:
    job_id = cloud.submit(containerOverrides=FOREVER, **request)
    cloud.wait(job_id, "RUNNING")
    return job_id


def waiting(cloud: Cloud, vcpus: int = 1, **request: object) -> str:
    needs = {"resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}]}
    job_id = cloud.submit(containerOverrides={**FOREVER, **needs}, **request)
    cloud.wait(job_id, "RUNNABLE")
    return job_id


def statuses(cloud: Cloud, *job_ids: str) -> list[str]:
    return [cloud.describe(job_id)["status"] for job_id in job_ids]


def cluster(cloud: Cloud, job_id: str) -> str:
    return str(cloud.describe(job_id)["container"]["taskArn"].split("/")[1])


def has_status(cloud: Cloud, kind: str, name: str, status: str) -> None:
    """Wait until a queue or compute environment has a status."""

    def look() -> bool:
        describe = getattr(cloud.batch, f"describe_{kind}")
        member = "jobQueues" if kind == "job_queues" else "computeEnvironments"
        found = describe(**{member: [name]})[member]
        return [each["status"] for each in found] == [status] if status else not found

    eventually(look, f"{name} is {status or 'gone'}")


@conformance("C5.01")
def test_a_new_queue_is_enabled_and_becomes_valid(stage: Cloud) -> None:
    stage.queue("new", "ce")

    (queue,) = stage.batch.describe_job_queues(jobQueues=["new"])["jobQueues"]
    assert queue["state"] == "ENABLED"
    assert queue["status"] in ("CREATING", "VALID")
    has_status(stage, "job_queues", "new", "VALID")


@conformance("C5.02", "C12.05")
def test_a_disabled_queue_takes_no_jobs_and_lets_the_others_finish(narrow: Cloud, director: Director) -> None:
    first, second = running(narrow), waiting(narrow)

    narrow.batch.update_job_queue(jobQueue="q", state="DISABLED")
    with pytest.raises(ClientError):
        narrow.submit()
    director.end(first)

    assert narrow.wait(second, "RUNNING")


@conformance("C5.03")
def test_an_update_takes_effect_a_little_later(stage: Cloud) -> None:
    stage.batch.update_job_queue(jobQueue="q", priority=7)
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 3})

    has_status(stage, "job_queues", "q", "VALID")
    has_status(stage, "compute_environments", "ce", "VALID")
    assert stage.batch.describe_job_queues(jobQueues=["q"])["jobQueues"][0]["priority"] == 7


@conformance("C5.04")
def test_a_queue_is_deleted_once_it_is_disabled(stage: Cloud) -> None:
    with pytest.raises(ClientError):
        stage.batch.delete_job_queue(jobQueue="q")
    stage.batch.update_job_queue(jobQueue="q", state="DISABLED")
    has_status(stage, "job_queues", "q", "VALID")

    stage.batch.delete_job_queue(jobQueue="q")

    has_status(stage, "job_queues", "q", "")
    with pytest.raises(ClientError, match=r"JobQueue q not found\."):
        stage.submit()


@conformance("C5.06")
def test_an_environment_is_deleted_once_it_is_disabled(stage: Cloud) -> None:
    stage.environment("idle")
    with pytest.raises(ClientError):
        stage.batch.delete_compute_environment(computeEnvironment="idle")
    stage.batch.update_compute_environment(computeEnvironment="idle", state="DISABLED")
    has_status(stage, "compute_environments", "idle", "VALID")

    stage.batch.delete_compute_environment(computeEnvironment="idle")

    has_status(stage, "compute_environments", "idle", "")


@conformance("C5.07")
def test_the_queue_of_higher_priority_is_served_first(narrow: Cloud, director: Director) -> None:
    narrow.queue("urgent", "ce", priority=10)
    first = running(narrow)
    low, high = waiting(narrow), waiting(narrow, jobQueue="urgent")

    director.end(first)
    narrow.wait(high, "RUNNING")

    assert statuses(narrow, low) == ["RUNNABLE"]


@conformance("C5.08")
def test_priority_does_not_keep_a_place_free(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 2})
    stage.queue("urgent", "ce", priority=10)
    running(stage)
    waiting(stage, vcpus=2, jobQueue="urgent")

    assert stage.wait(stage.submit(containerOverrides=FOREVER), "RUNNING", "FAILED")["status"] == "RUNNING"


@conformance("C5.09")
def test_priority_says_nothing_about_other_environments(stage: Cloud) -> None:
    stage.queue("urgent", stage.environment("own", vcpus=1), priority=10)
    running(stage, jobQueue="urgent")
    waiting(stage, jobQueue="urgent")

    assert running(stage)


@conformance("C5.10", "C5.11")
def test_environments_are_filled_in_their_order_and_refilled(stage: Cloud, director: Director) -> None:
    second, first = stage.environment("second", vcpus=1), stage.environment("first", vcpus=1)
    order = [{"order": 20, "computeEnvironment": second}, {"order": 10, "computeEnvironment": "first"}]
    stage.batch.create_job_queue(jobQueueName="two", priority=1, computeEnvironmentOrder=order)
    one, two = running(stage, jobQueue="two"), running(stage, jobQueue="two")
    three = waiting(stage, jobQueue="two")

    director.end(one)
    stage.wait(three, "RUNNING")

    described = stage.batch.describe_compute_environments(computeEnvironments=[first, second])
    clusters = {
        each["computeEnvironmentName"]: each["ecsClusterArn"].rpartition("/")[2]
        for each in described["computeEnvironments"]
    }
    assert cluster(stage, two) == clusters["second"]
    assert cluster(stage, one) == cluster(stage, three) == clusters["first"]


@conformance("C5.12")
def test_a_queue_has_environments_of_one_kind_that_exist(stage: Cloud) -> None:
    stage.environment("fargate", type="FARGATE", subnets=["s"], securityGroupIds=["g"])

    for names in (("ce", "fargate"), ("nowhere",), ()):
        with pytest.raises(ClientError) as refusal:
            stage.queue("x", *names)
        assert refusal.value.response["Error"]["Code"] == "ClientException"


@conformance("C5.13")
def test_a_disabled_environment_takes_nothing_new(stage: Cloud, director: Director) -> None:
    first = running(stage)

    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    second = waiting(stage)
    meanwhile = statuses(stage, first, second)
    stage.batch.update_compute_environment(computeEnvironment="ce", state="ENABLED")

    assert meanwhile == ["RUNNING", "RUNNABLE"]
    assert stage.wait(second, "RUNNING")


@conformance("C5.14")
def test_an_environment_is_managed_or_not_and_needs_no_role(stage: Cloud) -> None:
    stage.batch.create_compute_environment(
        computeEnvironmentName="own", type="UNMANAGED", unmanagedvCpus=4, serviceRole="arn:aws:iam::1:role/x"
    )

    (environment,) = stage.batch.describe_compute_environments(computeEnvironments=["own"])[
        "computeEnvironments"
    ]

    assert (environment["type"], environment["unmanagedvCpus"]) == ("UNMANAGED", 4)
    assert environment["serviceRole"] == "arn:aws:iam::1:role/x"


@conformance("C5.15")
def test_vcpus_in_use_never_exceed_the_most(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 4})
    needs = {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    job_ids = [stage.submit(containerOverrides={**FOREVER, **needs}) for _ in range(3)]
    stage.wait(job_ids[1], "RUNNING")
    stage.wait(job_ids[2], "RUNNABLE")

    assert statuses(stage, *job_ids) == ["RUNNING", "RUNNING", "RUNNABLE"]


@conformance("C5.16", "C5.17")
def test_a_queue_is_first_in_first_out_and_its_head_blocks(stage: Cloud, director: Director) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 2})
    first = running(stage)
    wide, small = waiting(stage, vcpus=2), waiting(stage)

    before = statuses(stage, wide, small)
    director.end(first)
    stage.wait(wide, "RUNNING")

    assert before == ["RUNNABLE", "RUNNABLE"]
    assert statuses(stage, small) == ["RUNNABLE"]


@conformance("C5.18")
def test_a_retried_job_goes_to_the_front(narrow: Cloud, director: Director) -> None:
    first = running(narrow, retryStrategy={"attempts": 2})
    second = waiting(narrow)

    director.end(first, exit_code=1)
    narrow.wait(first, "RUNNING")

    assert len(narrow.describe(first)["attempts"]) == 1
    assert statuses(narrow, second) == ["RUNNABLE"]


@conformance("C5.19")
def test_a_job_that_is_too_large_blocks_its_queue_for_ever(narrow: Cloud, director: Director) -> None:
    large, small = waiting(narrow, vcpus=2), waiting(narrow)

    director.pass_seconds(30 * 24 * 3600)

    assert statuses(narrow, large, small) == ["RUNNABLE", "RUNNABLE"]
    narrow.batch.cancel_job(jobId=large, reason="too large")
    assert narrow.wait(small, "RUNNING")


@conformance("C5.21")
def test_a_change_of_the_order_holds_for_jobs_that_wait(narrow: Cloud) -> None:
    running(narrow)
    job_id = waiting(narrow)

    order = [{"order": 1, "computeEnvironment": narrow.environment("larger")}]
    narrow.batch.update_job_queue(jobQueue="q", computeEnvironmentOrder=order)

    assert narrow.wait(job_id, "RUNNING")


@conformance("C5.22")
def test_a_queue_is_given_valid_environments_only(stage: Cloud, director: Director) -> None:
    stage.environment("broken")
    director.start_defect("broken")
    has_status(stage, "compute_environments", "broken", "INVALID")

    for names in (("broken",), ("ce", "broken")):
        with pytest.raises(ClientError) as refusal:
            stage.queue("x", *names)
        assert "broken is not valid" in refusal.value.response["Error"]["Message"]

    director.end_defect("broken")
    has_status(stage, "compute_environments", "broken", "VALID")
    assert stage.queue("x", "broken")


@conformance("C5.23")
def test_environments_and_instance_types_are_of_one_architecture(stage: Cloud) -> None:
    stage.environment("intel", instanceTypes=["m5", "c5.large"])
    stage.environment("arm", instanceTypes=["m6g.large", "c7g"])

    with pytest.raises(ClientError, match="arm64 and x86_64"):
        stage.environment("mixed", instanceTypes=["optimal", "m6g.large"])
    with pytest.raises(ClientError, match="arm64 and x86_64"):
        stage.queue("mixed", "intel", "arm")
    assert stage.queue("both-intel", "ce", "intel")


@conformance("C5.24")
def test_a_queue_of_invalid_environments_places_nothing_and_says_so(stage: Cloud, director: Director) -> None:
    first = running(stage)
    director.start_defect("ce")

    second = stage.submit()
    eventually(lambda: stage.describe(second).get("statusReason"), "a reason")
    waiting_one, (environment,) = (
        stage.describe(second),
        stage.batch.describe_compute_environments(computeEnvironments=["ce"])["computeEnvironments"],
    )
    untouched = statuses(stage, first)
    director.end_defect("ce")

    assert environment["status"] == "INVALID"
    assert environment["statusReason"] == "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
    assert (waiting_one["status"], waiting_one["statusReason"]) == (
        "RUNNABLE",
        "ACTION_REQUIRED - CE(s) associated with the job queue are invalid.",
    )
    assert untouched == ["RUNNING"]
    assert stage.wait(second)["status"] == "SUCCEEDED"
