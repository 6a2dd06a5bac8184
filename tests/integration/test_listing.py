import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud
from tests.integration.scripts import FOREVER


def ids(answer: dict[str, object]) -> list[str]:
    summaries = answer["jobSummaryList"]
    assert isinstance(summaries, list)
    return [summary["jobId"] for summary in summaries]


def test_without_a_status_running_jobs_are_listed(stage: Cloud) -> None:
    running = stage.submit(containerOverrides=FOREVER)
    stage.wait(running, "RUNNING")
    stage.run()

    assert ids(stage.batch.list_jobs(jobQueue="q")) == [running]


def test_a_status_selects_newest_first(stage: Cloud) -> None:
    first, second = stage.run()["jobId"], stage.run()["jobId"]

    assert ids(stage.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")) == [second, first]


def test_pages_follow_each_other_without_gaps(stage: Cloud) -> None:
    job_ids = [stage.submit() for _ in range(7)]
    stage.wait(job_ids[-1])

    paginator = stage.batch.get_paginator("list_jobs")
    pages = list(paginator.paginate(jobQueue="q", jobStatus="SUCCEEDED", PaginationConfig={"PageSize": 3}))

    assert [len(page["jobSummaryList"]) for page in pages] == [3, 3, 1]
    assert [job_id for page in pages for job_id in ids(page)] == job_ids[::-1]


def test_a_name_filter_ignores_status_and_case(stage: Cloud) -> None:
    first = stage.run(jobName="align-1")["jobId"]
    second = stage.submit(jobName="Align-2", containerOverrides=FOREVER)
    stage.run(jobName="sort")

    exact = stage.batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["ALIGN-1"]}])
    prefix = stage.batch.list_jobs(
        jobQueue="q", jobStatus="FAILED", filters=[{"name": "JOB_NAME", "values": ["align*"]}]
    )

    assert ids(exact) == [first]
    assert sorted(ids(prefix)) == sorted([first, second])


def test_a_name_filter_pages(stage: Cloud) -> None:
    job_ids = [stage.submit(jobName=f"align-{number}") for number in range(5)]
    filters = [{"name": "JOB_NAME", "values": ["align-*"]}]

    paginator = stage.batch.get_paginator("list_jobs")
    pages = paginator.paginate(jobQueue="q", filters=filters, PaginationConfig={"PageSize": 2})

    assert sorted(job_id for page in pages for job_id in ids(page)) == sorted(job_ids)


def test_a_definition_filter_takes_names_prefixes_and_arns(stage: Cloud) -> None:
    first_arn, second_arn = stage.define("model"), stage.define("model")
    first = stage.run(jobDefinition=first_arn)["jobId"]
    second = stage.run(jobDefinition=second_arn)["jobId"]

    def found(value: str) -> list[str]:
        filters = [{"name": "JOB_DEFINITION", "values": [value]}]
        return ids(stage.batch.list_jobs(jobQueue="q", filters=filters))

    assert found("model") == [second, first]
    assert found("mod*") == [second, first]
    assert found(first_arn) == [first]
    assert found("Model") == []


def test_time_filters_compare_created_at(stage: Cloud) -> None:
    job = stage.run()

    def found(name: str, moment: int) -> list[str]:
        filters = [{"name": name, "values": [str(moment)]}]
        return ids(stage.batch.list_jobs(jobQueue="q", filters=filters))

    assert found("AFTER_CREATED_AT", job["createdAt"] - 1) == [job["jobId"]]
    assert found("AFTER_CREATED_AT", job["createdAt"]) == []
    assert found("BEFORE_CREATED_AT", job["createdAt"]) == []
    assert found("BEFORE_CREATED_AT", job["createdAt"] + 1) == [job["jobId"]]


def test_children_are_listed_by_index_and_not_with_their_queue(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 5})
    stage.wait(array)

    children = stage.batch.list_jobs(arrayJobId=array, jobStatus="SUCCEEDED")
    of_queue = stage.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")

    assert ids(children) == [f"{array}:{index}" for index in range(5)]
    assert children["jobSummaryList"][4]["arrayProperties"]["index"] == 4
    assert ids(of_queue) == [array]


def test_children_too_are_listed_as_running_by_default(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 2})
    stage.wait(array)

    assert ids(stage.batch.list_jobs(arrayJobId=array)) == []


def test_children_page(stage: Cloud) -> None:
    array = stage.submit(arrayProperties={"size": 7})
    stage.wait(array)

    paginator = stage.batch.get_paginator("list_jobs")
    pages = paginator.paginate(arrayJobId=array, jobStatus="SUCCEEDED", PaginationConfig={"PageSize": 3})

    assert [len(ids(page)) for page in pages] == [3, 3, 1]


def test_a_summary_tells_exit_code_and_marks_only_when_true(stage: Cloud) -> None:
    stage.run()
    terminated = stage.submit(containerOverrides=FOREVER)
    stage.batch.terminate_job(jobId=terminated, reason="x")
    stage.wait(terminated)

    (succeeded,) = stage.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    (failed,) = stage.batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]

    assert succeeded["container"] == {"exitCode": 0}
    assert "isTerminated" not in succeeded
    assert failed["isTerminated"] is True


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"jobQueue": "q", "arrayJobId": "x"},
        {"jobQueue": "unknown"},
        {"arrayJobId": "unknown"},
        {"jobQueue": "q", "nextToken": "nonsense"},
        {"jobQueue": "q", "maxResults": 0},
        {"jobQueue": "q", "filters": [{"name": "NAME", "values": ["x"]}]},
        {"jobQueue": "q", "filters": [{"name": "JOB_NAME", "values": ["x"]}] * 2},
        {"jobQueue": "q", "filters": [{"name": "BEFORE_CREATED_AT", "values": ["noon"]}]},
    ],
)
def test_an_invalid_listing_is_rejected(stage: Cloud, request_: dict[str, object]) -> None:
    with pytest.raises(ClientError) as refusal:
        stage.batch.list_jobs(**request_)

    assert refusal.value.response["Error"]["Code"] == "ClientException"
