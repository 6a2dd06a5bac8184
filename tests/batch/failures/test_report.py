"""Reports of ended jobs."""

import pytest

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.batch.failures.report import JobReporter
from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.batch.logs import JobLogs
from airflow_batch_provider.errors import JobFailedError, JobFailedPermanentlyError
from tests.fakes import FakeBatchApi, FakeLogsApi, aws_error, throttled

EXITED = "Essential container in task exited"


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def logs():
    return FakeLogsApi()


@pytest.fixture
def report(api, logs):
    def make(job_id, key="align", **settings):
        reporter = JobReporter(
            BatchClient(api, api),
            JobLogs(logs),
            lambda group, stream: f"https://logs/{group}/{stream}",
            **settings,
        )
        return reporter.report(key, JobDescription.from_aws(api.jobs[job_id]))

    return make


def attempt(stream, exit_code=1):
    return {"container": {"logStreamName": stream, "exitCode": exit_code}, "statusReason": EXITED}


def put_array(api, size, failed, **members):
    """Put an array job with some failed children, each with its own log stream."""
    summary = {"FAILED": len(failed), "SUCCEEDED": size - len(failed)}
    properties = {"arrayProperties": {"size": size, "statusSummary": summary}}
    api.put("a", "FAILED", statusReason="Array Child Job failed", **properties, **members)
    for index, exit_code in failed.items():
        container = {"logStreamName": f"s/{index}", "exitCode": exit_code}
        api.put(
            f"a:{index}",
            "FAILED",
            statusReason=EXITED,
            container=container,
            attempts=[attempt(f"s/{index}", exit_code)],
        )


def test_the_logs_of_all_attempts_are_shown_in_order(api, logs, report):
    logs.streams = {("/aws/batch/job", "s/1"): ["first try"], ("/aws/batch/job", "s/2"): ["second try"]}
    api.put(
        "a",
        "FAILED",
        attempts=[attempt("s/1"), attempt("s/2")],
        container={"logStreamName": "s/2", "exitCode": 1},
        retryStrategy={"attempts": 2},
    )

    assert list(report("a").lines()) == [
        "::group::Log of job 'align', attempt 1 of 2: s/1",
        "first try",
        "::endgroup::",
        "::group::Log of job 'align', attempt 2 of 2: s/2",
        "second try",
        "::endgroup::",
    ]


def test_all_containers_of_a_job_are_shown(api, logs, report):
    logs.streams = {("/aws/batch/job", "s/main"): ["main"], ("/aws/batch/job", "s/side"): ["side"]}
    containers = [{"name": name, "logStreamName": f"s/{name}"} for name in ("main", "side")]
    api.put("a", "SUCCEEDED", attempts=[{"taskProperties": [{"containers": containers}]}])

    assert [line for line in report("a").lines() if line.startswith("::group::")] == [
        "::group::Log of job 'align', attempt 1 of 1, container main: s/main",
        "::group::Log of job 'align', attempt 1 of 1, container side: s/side",
    ]


def test_running_attempt_is_shown_after_the_ended_ones(api, logs, report):
    logs.streams = {("/aws/batch/job", "s/1"): ["one"], ("/aws/batch/job", "s/2"): ["two"]}
    api.put("a", "RUNNING", attempts=[attempt("s/1")], container={"logStreamName": "s/2"})

    assert [line for line in report("a").lines() if not line.startswith("::")] == ["one", "two"]


def test_omitted_lines_are_counted_and_linked(api, logs, report):
    logs.streams = {("/aws/batch/job", "s/1"): [f"line {number}" for number in range(10_001)]}
    api.put("a", "SUCCEEDED", attempts=[attempt("s/1", 0)])

    lines = list(report("a", log_lines_max=2).lines())

    assert lines[1:-1] == [
        "… 9,999 earlier lines omitted; full log: https://logs//aws/batch/job/s/1",
        "line 9999",
        "line 10000",
    ]


def test_a_log_that_cannot_be_read_does_not_hide_the_failure(api, logs, report):
    logs.error = aws_error("GetLogEvents", 403, "AccessDeniedException", "no")
    api.put("a", "FAILED", attempts=[attempt("s/1")], container={"logStreamName": "s/1", "exitCode": 1})

    found = report("a")

    assert "AccessDenied" in list(found.lines())[1]
    assert str(found.error) == "job 'align' (a) failed on attempt 1 of 1 with exit code 1."


def test_the_last_lines_are_those_of_the_last_attempt(api, logs, report):
    logs.streams = {("/aws/batch/job", "s/1"): ["of the first attempt"]}
    lost = {"container": {}, "statusReason": "Host EC2 (instance i-0123) terminated."}
    api.put("a", "FAILED", attempts=[attempt("s/1"), lost])

    assert "last log lines" not in report("a").message


def test_an_array_that_succeeded_needs_no_call(api, report):
    api.put("a", "SUCCEEDED", arrayProperties={"size": 1000, "statusSummary": {"SUCCEEDED": 1000}})

    assert report("a").array.to_json()["succeeded"] == 1000
    assert api.listed == api.described == []


def test_array_with_37_failures_needs_one_page_and_one_describe_call(api, report):
    put_array(api, 10_000, {index: 1 if index % 2 else 2 for index in range(100, 137)})

    result = report("a").array.to_json()

    assert result["failed_indices"] == "100-136"
    assert (result["size"], result["succeeded"], result["failed"]) == (10_000, 9_963, 37)
    assert len(api.listed) == 1
    assert [len(ids) for ids in api.described] == [3]


def test_array_result_groups_codes_reasons_and_classes_by_index(api, report):
    put_array(api, 10, {3: 1, 7: 137, 8: 137})
    for index in (7, 8):
        reason = "OutOfMemoryError: Container killed due to memory usage"
        api.put(f"a:{index}", "FAILED", container={"exitCode": 137, "reason": reason})
    api.put("a:9", "FAILED", statusReason="Host EC2 (instance i-0123) terminated.")

    assert report("a").array.to_json() == {
        "size": 10,
        "succeeded": 6,
        "failed": 4,
        "failed_indices": "3, 7-9",
        "exit_codes": {"1": "3", "137": "7-8"},
        "reasons": {
            "OutOfMemoryError: Container killed due to memory usage": "7-8",
            "Host EC2 (instance i-0123) terminated": "9",
        },
        "classes": {"USER": "3", "OOM": "7-8", "SPOT": "9"},
    }


@pytest.mark.parametrize("children_shown", [0, 1, 2])
def test_the_logs_of_the_first_failed_children_are_shown(api, logs, report, children_shown):
    logs.streams = {("/aws/batch/job", f"s/{index}"): [f"child {index}"] for index in range(5)}
    put_array(api, 5, {1: 1, 2: 1, 4: 1})

    lines = list(report("a", children_shown=children_shown).lines())

    assert [line for line in lines if line.startswith("child")] == ["child 1", "child 2"][:children_shown]


def test_a_listing_that_fails_does_not_hide_the_failure(api, report):
    put_array(api, 5, {1: 1})
    api.errors["list_jobs"] = [throttled("ListJobs")]

    found = report("a")

    assert str(found.error) == "array job 'align' (a) failed: Array Child Job failed."
    assert found.array.succeeded is None


def test_array_that_ended_before_its_children_counts_the_succeeded_ones(api, report):
    array = {"arrayProperties": {"size": 5, "statusSummary": {"SUCCEEDED": 2}}}
    api.put("a", "FAILED", statusReason="JobQueue deleted", **array)

    assert report("a").array.succeeded == 2


def test_reasons_are_limited_to_the_first_ones(api, report):
    put_array(api, 100, dict.fromkeys(range(100), 1))
    for index in range(100):
        api.put(f"a:{index}", "FAILED", statusReason=f"Host EC2 (instance i-{index}) terminated.")

    result = report("a").array.to_json()

    assert len(result["reasons"]) == 20
    assert result["classes"] == {"SPOT": "0-99"}


def test_one_permanently_failed_child_makes_the_array_permanent(api, report):
    put_array(api, 5, {1: 1})
    assert type(report("a").error) is JobFailedError

    api.put("a:2", "FAILED", statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …")
    assert type(report("a").error) is JobFailedPermanentlyError
