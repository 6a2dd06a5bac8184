import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.scripts import FOREVER, scripted

STATUSES = {"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"}


def test_submit_returns_id_name_and_arn(stage: Cloud) -> None:
    answer = stage.batch.submit_job(jobName="job", jobQueue="q", jobDefinition="d")

    assert answer["jobName"] == "job"
    assert answer["jobArn"] == f"arn:aws:batch:{stage.region}:123456789012:job/{answer['jobId']}"


def test_a_finished_job_is_described_with_all_members(stage: Cloud) -> None:
    job = stage.run()

    assert job.keys() == {
        *("jobArn", "jobName", "jobId", "jobQueue", "status", "attempts", "statusReason", "createdAt"),
        *("startedAt", "stoppedAt", "dependsOn", "jobDefinition", "parameters", "container", "tags"),
        *("propagateTags", "platformCapabilities", "eksAttempts", "isCancelled", "isTerminated"),
    }
    assert job["jobDefinition"].endswith(":job-definition/d:1")
    assert job["jobQueue"].endswith(":job-queue/q")
    assert job["stoppedAt"] == job["attempts"][-1]["stoppedAt"]
    assert job["startedAt"] == job["attempts"][-1]["startedAt"]
    assert job["container"]["taskArn"] == job["attempts"][-1]["container"]["taskArn"]


def test_a_waiting_job_has_neither_times_nor_a_task(stage: Cloud) -> None:
    stage.queue("full", stage.environment("one", vcpus=1))
    stage.submit(jobQueue="full", containerOverrides=FOREVER)
    job = stage.wait(stage.submit(jobQueue="full"), "RUNNABLE")

    assert job["attempts"] == []
    assert not {"startedAt", "stoppedAt", "statusReason"} & job.keys()
    assert not {"taskArn", "logStreamName", "exitCode", "reason"} & job["container"].keys()


def test_a_running_job_has_a_task_and_a_log_stream_but_no_attempt_yet(stage: Cloud) -> None:
    job = stage.wait(stage.submit(containerOverrides=FOREVER), "RUNNING")

    assert job["attempts"] == []
    assert job["container"]["logStreamName"].startswith("d/default/")
    assert "exitCode" not in job["container"]
    assert "stoppedAt" not in job


def test_a_starting_job_has_a_task_but_no_log_stream(stage: Cloud) -> None:
    overrides = scripted({"start_seconds": 10**6})

    job = stage.wait(stage.submit(containerOverrides=overrides), "STARTING")

    assert "taskArn" in job["container"]
    assert "logStreamName" not in job["container"]


def test_a_log_stream_has_the_definition_and_the_task_in_its_name(stage: Cloud) -> None:
    job = stage.run()

    task_id = job["container"]["taskArn"].rpartition("/")[2]
    assert job["container"]["logStreamName"] == f"d/default/{task_id}"
    assert len(task_id) == 32


def test_unknown_jobs_are_left_out(stage: Cloud) -> None:
    known = stage.submit()

    jobs = stage.batch.describe_jobs(jobs=[known, "11111111-2222-3333-4444-555555555555"])["jobs"]

    assert [job["jobId"] for job in jobs] == [known]


def test_a_hundred_jobs_are_described_at_once_and_no_more(stage: Cloud) -> None:
    with pytest.raises(ClientError, match=r"Maximum number of jobs supported is  100 \."):
        stage.batch.describe_jobs(jobs=["x"] * 101)


def test_parameters_replace_references_in_the_command(stage: Cloud) -> None:
    stage.define(
        "ref",
        parameters={"month": "01", "year": "2001"},
        containerProperties={"command": ["run", "Ref::month", "--year=Ref::year"]},
    )

    job = stage.run(jobDefinition="ref", parameters={"month": "02"})

    assert job["container"]["command"] == ["run", "02", "--year=2001"]
    assert job["parameters"] == {"month": "02", "year": "2001"}


def test_a_reference_without_a_parameter_is_refused(stage: Cloud) -> None:
    with pytest.raises(
        ClientError, match=r"Unable to substitute value\. No parameter found for reference month"
    ):
        stage.submit("run", "Ref::month")


def test_overrides_are_merged_into_the_container(stage: Cloud) -> None:
    job = stage.run(
        "other",
        containerOverrides={
            "environment": [{"name": "A", "value": "1"}],
            "resourceRequirements": [{"type": "VCPU", "value": "2"}],
        },
    )

    assert job["container"]["command"] == ["other"]
    assert job["container"]["environment"] == [{"name": "A", "value": "1"}]
    assert job["container"]["resourceRequirements"] == [
        {"type": "VCPU", "value": "2"},
        {"type": "MEMORY", "value": "512"},
    ]
    assert not {"vcpus", "memory"} & job["container"].keys()


def test_a_dependency_of_unknown_id_is_refused(stage: Cloud) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        stage.submit(dependsOn=[{"jobId": "11111111-2222-3333-4444-555555555555"}])


def test_depends_on_is_described_as_it_was_sent(stage: Cloud) -> None:
    first = stage.submit()
    depends_on = [{"jobId": first, "type": "SEQUENTIAL"}]

    assert stage.run(dependsOn=depends_on)["dependsOn"] == depends_on


def test_a_failed_dependency_fails_the_chain(stage: Cloud) -> None:
    first = stage.submit(containerOverrides=scripted({"exit_code": 1}))
    second = stage.submit(dependsOn=[{"jobId": first}])
    third = stage.submit(dependsOn=[{"jobId": second}])

    job = stage.wait(third)

    assert (job["status"], job["statusReason"], job["attempts"]) == ("FAILED", "Dependent Job failed", [])
    assert "startedAt" not in job


def test_an_array_is_described_with_its_summary(stage: Cloud) -> None:
    array = stage.submit(
        arrayProperties={"size": 10}, containerOverrides=scripted({"index": 3, "exit_code": 9})
    )

    job = stage.wait(array)

    properties = job["arrayProperties"]
    assert (job["status"], job["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert properties["statusSummary"].keys() == STATUSES
    assert (properties["statusSummary"]["SUCCEEDED"], properties["statusSummary"]["FAILED"]) == (9, 1)
    assert properties["size"] == 10
    assert "exitCode" not in job["container"]
    assert "startedAt" not in job


def test_a_child_is_described_with_its_index(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 2})
    stage.wait(array)

    child = stage.describe(f"{array}:1")

    assert child["jobArn"].endswith(f":job/{array}:1")
    assert child["arrayProperties"] == {"index": 1, "statusSummary": {}}
    assert child["jobName"] == "job"


def test_n_to_n_needs_arrays_of_one_size(stage: Cloud) -> None:
    first = stage.submit(arrayProperties={"size": 3})

    with pytest.raises(ClientError, match="the same size"):
        stage.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first, "type": "N_TO_N"}])


def test_ten_thousand_children_run_through(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 10_000})

    assert stage.wait(array)["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 10_000


def test_the_retry_strategy_of_the_submission_replaces_the_definitions(stage: Cloud) -> None:
    stage.define("retrying", retryStrategy={"attempts": 5})

    job = stage.run(
        jobDefinition="retrying",
        retryStrategy={"attempts": 2, "evaluateOnExit": [{"onExitCode": "7", "action": "retry"}]},
        containerOverrides=scripted({"exit_code": 7}),
    )

    assert len(job["attempts"]) == 2
    assert job["retryStrategy"]["attempts"] == 2


def test_a_reclaimed_host_leaves_no_exit_code(stage: Cloud) -> None:
    job = stage.run(containerOverrides=scripted({"host_lost": "i-0abc"}))

    assert job["statusReason"] == "Host EC2 (instance i-0abc) terminated."
    assert "exitCode" not in job["container"]
    assert "exitCode" not in job["attempts"][0]["container"]


def test_cancel_leaves_a_running_job_alone(stage: Cloud) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    stage.batch.cancel_job(jobId=job_id, reason="no more")

    assert stage.describe(job_id)["status"] == "RUNNING"


def test_terminate_ends_a_running_job_with_the_reason(stage: Cloud) -> None:
    job_id = stage.submit(containerOverrides=FOREVER)
    stage.wait(job_id, "RUNNING")

    stage.batch.terminate_job(jobId=job_id, reason="Operator cancelled")
    job = stage.wait(job_id)

    assert job["statusReason"] == job["attempts"][0]["statusReason"] == "Operator cancelled"
    assert job["container"]["exitCode"] == 137
    assert job["isTerminated"]


def test_ending_an_unknown_job_is_no_error(stage: Cloud) -> None:
    unknown = "11111111-2222-3333-4444-555555555555"

    assert stage.batch.terminate_job(jobId=unknown, reason="x")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert stage.batch.cancel_jobs(jobs=[unknown], reason="x")["successful"] == [unknown]


def test_jobs_are_terminated_in_bulk(stage: Cloud) -> None:
    job_ids = [stage.submit(containerOverrides=FOREVER) for _ in range(3)]

    answer = stage.batch.terminate_jobs(jobs=[*job_ids, "nonsense"], reason="all of them")

    assert answer["successful"] == job_ids
    assert [(error["job"], error["code"]) for error in answer["errors"]] == [
        ("nonsense", "ValidationException")
    ]
    assert {stage.wait(job_id)["statusReason"] for job_id in job_ids} == {"all of them"}


def test_tags_are_described_and_changed(stage: Cloud) -> None:
    answer = stage.batch.submit_job(jobName="job", jobQueue="q", jobDefinition="d", tags={"team": "a"})
    arn = answer["jobArn"]

    stage.batch.tag_resource(resourceArn=arn, tags={"cost": "1"})
    stage.batch.untag_resource(resourceArn=arn, tagKeys=["team"])

    assert stage.batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"cost": "1"}
    assert stage.describe(answer["jobId"])["tags"] == {"cost": "1"}


def test_regions_know_nothing_of_each_other(stage: Cloud, empty: Cloud) -> None:
    job_id = stage.submit()

    assert empty.batch.describe_jobs(jobs=[job_id])["jobs"] == []
    assert empty.batch.describe_job_queues()["jobQueues"] == []


def test_log_lines_of_a_script_can_be_read(stage: Cloud) -> None:
    job = stage.run(containerOverrides=scripted({"log": ["one", "two"]}))

    assert eventually(lambda: stage.lines(job), "lines") == ["one", "two"]
