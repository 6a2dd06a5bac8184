"""Section 2: array jobs."""

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.conformance.director import Director
from tests.integration.scripts import FOREVER, scripted

conformance = pytest.mark.conformance
STATUSES = {"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"}


def running_array(cloud: Cloud, size: int, **request: object) -> str:
    array = cloud.submit(arrayProperties={"size": size}, containerOverrides=FOREVER, **request)
    for index in range(size):
        cloud.wait(f"{array}:{index}", "RUNNING")
    return array


def ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [summary["jobId"] for summary in answer["jobSummaryList"]]


@conformance("C2.01", "C12.04")
def test_an_array_has_2_to_10000_children(stage: Cloud) -> None:
    stage.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    for size in (2, 10_000):
        array = stage.submit(arrayProperties={"size": size})
        assert stage.describe(array)["arrayProperties"]["size"] == size

    for size in (1, 0, -1, 10_001):
        with pytest.raises(ClientError) as refusal:
            stage.submit(arrayProperties={"size": size})
        assert refusal.value.response["Error"]["Code"] == "ClientException"


@conformance("C2.02")
def test_a_child_is_its_parent_with_an_index(stage: Cloud) -> None:
    array = stage.submit(
        arrayProperties={"size": 3},
        parameters={"x": "1"},
        timeout={"attemptDurationSeconds": 90},
        retryStrategy={"attempts": 2},
    )
    parent, child = stage.wait(array), stage.describe(f"{array}:2")

    assert child["jobId"] == f"{array}:2"
    for member in ("jobName", "jobDefinition", "parameters", "timeout", "retryStrategy", "jobQueue"):
        assert child[member] == parent[member]
    unknown = [f"{array}:3", f"{array}:-1", f"{array}:02", f"{array}:x"]
    assert stage.batch.describe_jobs(jobs=unknown)["jobs"] == []


@conformance("C2.03", "C2.04")
def test_an_array_is_pending_while_its_children_run(stage: Cloud, director: Director) -> None:
    array = running_array(stage, 2)
    before = stage.describe(array)

    director.end(f"{array}:0")
    stage.wait(f"{array}:0")
    after = stage.describe(array)

    assert (before["status"], after["status"]) == ("PENDING", "PENDING")
    assert ids(stage.batch.list_jobs(jobQueue="q", jobStatus="RUNNING")) == []
    assert ids(stage.batch.list_jobs(jobQueue="q", jobStatus="PENDING")) == [array]


@conformance("C2.05")
def test_an_array_succeeds_with_all_its_children(stage: Cloud) -> None:
    assert stage.wait(stage.submit(arrayProperties={"size": 5}))["status"] == "SUCCEEDED"


@conformance("C2.06", "C1.15")
def test_an_array_fails_only_when_all_its_children_have_ended(stage: Cloud, director: Director) -> None:
    array = running_array(stage, 3)

    director.end(f"{array}:0", exit_code=1)
    stage.wait(f"{array}:0")
    meanwhile = [stage.describe(each)["status"] for each in (array, f"{array}:1", f"{array}:2")]
    director.end(f"{array}:1")
    director.end(f"{array}:2")
    parent = stage.wait(array)

    assert meanwhile == ["PENDING", "RUNNING", "RUNNING"]
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    summary = parent["arrayProperties"]["statusSummary"]
    assert (summary["FAILED"], summary["SUCCEEDED"]) == (1, 2)


@conformance("C2.07")
def test_an_array_never_runs_itself(stage: Cloud) -> None:
    parent = stage.wait(stage.submit(arrayProperties={"size": 2}))

    assert parent["attempts"] == []
    assert not {"exitCode", "taskArn", "logStreamName"} & parent["container"].keys()


@conformance("C2.08")
def test_a_summary_names_every_status(stage: Cloud) -> None:
    array = running_array(stage, 2)

    properties = stage.describe(array)["arrayProperties"]

    assert properties["size"] == 2
    assert properties["statusSummary"] == {**dict.fromkeys(STATUSES, 0), "RUNNING": 2}


@conformance("C2.09")
def test_a_summary_tells_when_it_changed(stage: Cloud, director: Director) -> None:
    array = running_array(stage, 2)
    before = stage.describe(array)["arrayProperties"]["statusSummaryLastUpdatedAt"]

    director.pass_seconds(100)
    director.end(f"{array}:0")
    stage.wait(f"{array}:0")
    (listed,) = stage.batch.list_jobs(jobQueue="q", jobStatus="PENDING")["jobSummaryList"]

    assert listed["arrayProperties"]["statusSummaryLastUpdatedAt"] - before >= 100_000
    assert listed["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 1


@conformance("C2.10")
def test_a_child_has_an_index_and_an_empty_summary(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 2})
    stage.wait(array)

    assert stage.describe(f"{array}:1")["arrayProperties"] == {"index": 1, "statusSummary": {}}


@conformance("C2.11", "C10.02", "C10.03")
def test_children_alone_find_index_and_size(cloud: Cloud) -> None:
    show = "env | grep -E 'ARRAY|JOB_ID' | sort"
    array = cloud.submit("bash", "-c", show, arrayProperties={"size": 2})
    cloud.wait(array)
    plain = cloud.run("bash", "-c", show)

    assert cloud.lines(cloud.describe(f"{array}:1")) == [
        "AWS_BATCH_JOB_ARRAY_INDEX=1",
        "AWS_BATCH_JOB_ARRAY_SIZE=2",
        f"AWS_BATCH_JOB_ID={array}:1",
    ]
    assert cloud.lines(plain) == [f"AWS_BATCH_JOB_ID={plain['jobId']}"]


@conformance("C2.12")
def test_every_child_has_attempts_of_its_own(stage: Cloud) -> None:
    overrides = scripted({"index": 1, "attempt": 1, "exit_code": 1})
    array = stage.submit(
        arrayProperties={"size": 2}, retryStrategy={"attempts": 2}, containerOverrides=overrides
    )

    assert stage.wait(array)["status"] == "SUCCEEDED"
    assert [len(stage.describe(f"{array}:{index}")["attempts"]) for index in (0, 1)] == [1, 2]


@conformance("C2.13")
def test_a_timeout_is_the_childrens_not_the_arrays(narrow: Cloud, director: Director) -> None:
    array = narrow.submit(
        arrayProperties={"size": 2},
        timeout={"attemptDurationSeconds": 60},
        containerOverrides=scripted({"duration_seconds": 50}),
    )
    for index in (0, 1):
        narrow.wait(f"{array}:{index}", "RUNNING")
        director.pass_seconds(50)
        narrow.wait(f"{array}:{index}")

    assert narrow.wait(array)["status"] == "SUCCEEDED"


@conformance("C2.13")
def test_a_child_that_takes_too_long_is_ended_alone(narrow: Cloud, director: Director) -> None:
    array = narrow.submit(
        arrayProperties={"size": 2},
        timeout={"attemptDurationSeconds": 60},
        containerOverrides=scripted({"index": 0, "duration_seconds": 10**6}, {}),
    )
    narrow.wait(f"{array}:0", "RUNNING")

    director.pass_seconds(60)
    narrow.wait(array)

    assert narrow.describe(f"{array}:0")["statusReason"] == "Job attempt duration exceeded timeout"
    assert narrow.describe(f"{array}:1")["status"] == "SUCCEEDED"


@conformance("C2.14")
def test_ending_an_array_ends_all_its_children(stage: Cloud) -> None:
    array = running_array(stage, 3)

    stage.batch.terminate_job(jobId=array, reason="enough")
    parent = stage.wait(array)

    assert (parent["status"], parent["isTerminated"]) == ("FAILED", True)
    children = [stage.describe(f"{array}:{index}") for index in range(3)]
    assert {child["statusReason"] for child in children} == {"enough"}


@conformance("C2.15")
def test_one_child_can_be_ended_without_its_siblings(stage: Cloud, director: Director) -> None:
    array = running_array(stage, 3)

    stage.batch.terminate_job(jobId=f"{array}:1", reason="enough")
    ended = stage.wait(f"{array}:1")
    others = [stage.describe(f"{array}:{index}")["status"] for index in (0, 2)]
    director.end(f"{array}:0")
    director.end(f"{array}:2")

    assert (ended["status"], others) == ("FAILED", ["RUNNING", "RUNNING"])
    assert stage.wait(array)["statusReason"] == "Array Child Job failed"


@conformance("C2.16")
def test_children_have_no_tags_and_cannot_be_tagged(stage: Cloud) -> None:
    answer = stage.batch.submit_job(
        jobName="job", jobQueue="q", jobDefinition="d", arrayProperties={"size": 2}, tags={"team": "a"}
    )
    stage.wait(answer["jobId"])
    child = f"{answer['jobArn']}:0"

    assert stage.describe(answer["jobId"])["tags"] == {"team": "a"}
    assert stage.describe(f"{answer['jobId']}:0")["tags"] == {}
    for call, more in (
        (stage.batch.tag_resource, {"tags": {"a": "1"}}),
        (stage.batch.untag_resource, {"tagKeys": ["a"]}),
        (stage.batch.list_tags_for_resource, {}),
    ):
        with pytest.raises(ClientError):
            call(resourceArn=child, **more)


@conformance("C2.17")
def test_children_are_listed_by_their_array(stage: Cloud, director: Director) -> None:
    array = running_array(stage, 3)
    director.end(f"{array}:1")
    stage.wait(f"{array}:1")

    def listed(**more: object) -> list[str]:
        return ids(stage.batch.list_jobs(arrayJobId=array, **more))

    assert listed() == [f"{array}:0", f"{array}:2"]
    assert listed(jobStatus="SUCCEEDED") == [f"{array}:1"]
    filters = [{"name": "JOB_NAME", "values": ["nobody"]}]
    assert listed(jobStatus="SUCCEEDED", filters=filters) == [f"{array}:1"]


@conformance("C2.18")
def test_a_queue_lists_arrays_and_no_children(stage: Cloud) -> None:
    array = running_array(stage, 2)

    assert ids(stage.batch.list_jobs(jobQueue="q", jobStatus="PENDING")) == [array]
    assert ids(stage.batch.list_jobs(jobQueue="q", jobStatus="RUNNING")) == []


@conformance("C2.04", "C12.12")
def test_children_are_born_when_the_dependencies_of_their_array_are_met(
    stage: Cloud, director: Director
) -> None:
    first = stage.submit(containerOverrides=FOREVER)
    stage.wait(first, "RUNNING")
    array = stage.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first}])
    stage.wait(array, "PENDING")

    before = stage.batch.describe_jobs(jobs=[f"{array}:0"])["jobs"]
    director.end(first)

    assert before == []
    assert eventually(lambda: stage.batch.describe_jobs(jobs=[f"{array}:0"])["jobs"], "a child")
