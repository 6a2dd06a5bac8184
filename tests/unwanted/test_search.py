"""Which jobs of an account are unwanted, and which are left alone."""

from collections import Counter

import pytest

from airflow_batch_provider.batch.client import BatchClient
from airflow_batch_provider.unwanted.jobs import Leave, Scope
from airflow_batch_provider.unwanted.search import find_unwanted, terminate
from tests.fakes import QUEUE_ARN, FakeBatchApi, aws_error
from tests.unwanted.fakes import HOUR, NOW, FakeRunStates, put_job

PRODUCTION = Scope("production")


@pytest.fixture
def api() -> FakeBatchApi:
    api = FakeBatchApi()
    api.queues = [QUEUE_ARN]
    return api


@pytest.fixture
def airflow() -> FakeRunStates:
    return FakeRunStates({("etl", "daily__1"): "running", ("etl", "daily__0"): "success"})


def find(api, airflow, scope=PRODUCTION):
    return find_unwanted(BatchClient(api, api), airflow, scope, now=NOW)


def reasons(result):
    return {each.job.job_id: each.why for each in result.unwanted}


def test_jobs_of_runs_that_have_ended_or_are_gone_are_unwanted(api, airflow):
    put_job(api, "of-running")
    put_job(api, "of-ended", "daily__0")
    put_job(api, "of-deleted", "daily__9")
    put_job(api, "of-deleted-dag", dag_id="old")

    result = find(api, airflow)

    assert reasons(result) == {
        "of-ended": "run 'daily__0' has ended (success)",
        "of-deleted": "run 'daily__9' does not exist in Airflow",
        "of-deleted-dag": "run 'daily__1' does not exist in Airflow",
    }
    assert result.wanted == 1
    assert result.left == {}


@pytest.mark.parametrize("state", ["queued", "running"])
def test_jobs_of_active_runs_are_wanted(api, airflow, state):
    airflow.runs["etl", "daily__1"] = state
    put_job(api, "job")

    assert find(api, airflow).wanted == 1


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"])
def test_live_jobs_in_any_status_are_found(api, airflow, status):
    put_job(api, "job", "daily__0", status=status)

    assert list(reasons(find(api, airflow))) == ["job"]


@pytest.mark.parametrize(
    "members", [{"status": "SUCCEEDED"}, {"status": "FAILED"}, {"isTerminated": True}, {"isCancelled": True}]
)
def test_jobs_that_end_anyway_are_ignored(api, airflow, members):
    put_job(api, "job", "daily__0", **members)

    result = find(api, airflow)

    assert (result.unwanted, result.wanted, result.left) == ([], 0, {})


@pytest.mark.parametrize(
    ("job", "leave"),
    [
        ({"environment": "staging"}, Leave.OTHER_ENVIRONMENT),
        ({"environment": None}, Leave.UNNAMED),
        ({"run_id": "master__2026-01-01"}, Leave.STANDALONE),
        ({"run_id": "master__2026-01-01", "environment": None}, Leave.STANDALONE),
        ({"run_id": "__airflow_temporary_run_2026-01-01T00:00:00+00:00__"}, Leave.STANDALONE),
        ({"tags": {"airflow_job": ""}}, Leave.OTHER_TOOL),
        ({"tags": {"airflow_dag_id": ""}}, Leave.OTHER_TOOL),
        ({"tags": {"airflow_run_id": ""}}, Leave.OTHER_TOOL),
        ({"tags": {"airflow_dag_id": "another"}}, Leave.UNIDENTIFIED),
        ({"createdAt": (NOW - 599) * 1000}, Leave.RECENT),
    ],
    ids=str,
)
def test_other_jobs_are_left_alone_and_counted(api, airflow, job, leave):
    put_job(api, "job", **{"run_id": "daily__9", **job})

    result = find(api, airflow)

    assert (result.unwanted, result.wanted, result.left) == ([], 0, {leave: 1})


def test_jobs_of_other_tools_are_left_alone_even_with_unnamed_jobs(api, airflow):
    api.put("job", "RUNNING", tags={"team": "data"})

    result = find(api, airflow, Scope(None, includes_unnamed=True))

    assert result.left == {Leave.OTHER_TOOL: 1}


def test_unnamed_jobs_are_looked_at_if_asked_for(api, airflow):
    put_job(api, "unnamed", "daily__9", environment=None)
    put_job(api, "standalone", "master__2026-01-01", environment=None)
    put_job(api, "named", "daily__9", environment="staging")

    result = find(api, airflow, Scope(None, includes_unnamed=True))

    assert list(reasons(result)) == ["unnamed"]
    assert result.left == {Leave.STANDALONE: 1, Leave.OTHER_ENVIRONMENT: 1}


def test_environment_is_compared_as_the_tag_holds_it(api, airflow):
    put_job(api, "job", "daily__9", environment="production (eu)")

    assert list(reasons(find(api, airflow, Scope("production (eu)")))) == ["job"]


def test_only_the_chosen_dags_and_queues_are_looked_at(api, airflow):
    other_queue = f"{QUEUE_ARN}-other"
    api.queues.append(other_queue)
    put_job(api, "chosen", "daily__9")
    put_job(api, "of-other-dag", dag_id="other")
    put_job(api, "in-other-queue", "daily__9", jobQueue=other_queue)

    result = find(api, airflow, Scope("production", job_queues=("etl",), dag_ids=frozenset({"etl"})))

    assert list(reasons(result)) == ["chosen"]
    assert result.left == {Leave.NOT_CHOSEN: 1}


def test_least_age_can_be_set(api, airflow):
    put_job(api, "job", "daily__9")

    assert find(api, airflow, Scope("production", older_than=HOUR + 1)).left == {Leave.RECENT: 1}
    assert list(reasons(find(api, airflow, Scope("production", older_than=HOUR - 1)))) == ["job"]


def test_without_a_least_age_the_clock_of_this_machine_does_not_matter(api, airflow):
    put_job(api, "job", "daily__9", createdAt=(NOW + 60) * 1000)

    assert list(reasons(find(api, airflow, Scope("production", older_than=0)))) == ["job"]


@pytest.mark.parametrize(("run_state", "unwanted"), [("running", []), ("success", ["job"]), (None, ["job"])])
def test_run_with_characters_that_tags_do_not_allow_is_found_by_the_hash(api, airflow, run_state, unwanted):
    airflow.runs |= {("etl", "daily_1"): "running", ("etl", "daily~2"): "running"}
    if run_state:
        airflow.runs["etl", "daily~1"] = run_state
    put_job(api, "job", "daily~1")

    result = find(api, airflow)

    assert list(reasons(result)) == unwanted
    assert result.wanted == 1 - len(unwanted)


def test_run_that_cannot_be_identified_is_left_alone(api, airflow):
    airflow.lists_runs = False
    put_job(api, "job", "daily~1")

    assert find(api, airflow).left == {Leave.UNIDENTIFIED: 1}


def test_author_who_replaces_the_run_tag_does_not_lose_jobs(api, airflow):
    put_job(api, "job", tags={"airflow_run_id": "mine"})

    assert find(api, airflow).wanted == 1


@pytest.mark.parametrize(
    ("tasks", "is_unwanted"),
    [
        ({("load", -1): "removed"}, True),
        ({("load.submit", -1): "removed", ("load.wait", -1): "removed"}, True),
        ({("load", -1): "removed", ("load.submit", -1): "success", ("load.wait", -1): "deferred"}, False),
        ({("load.submit", -1): "removed", ("load.wait", -1): "removed", ("load", -1): None}, False),
        ({("load", -1): "deferred", ("other", -1): "removed"}, False),
        ({("load", -1): "failed"}, False),
        ({("load", -1): "upstream_failed", ("other", -1): "removed"}, False),
        ({("load", 1): "removed"}, False),
        ({("other", -1): "removed"}, False),
    ],
    ids=str,
)
def test_job_of_an_active_run_is_unwanted_only_if_its_task_is_removed(api, airflow, tasks, is_unwanted):
    airflow.tasks["etl", "daily__1"] = tasks
    put_job(api, "job")

    expected = {"job": "task 'load' is no longer in the DAG of run 'daily__1'"} if is_unwanted else {}
    assert reasons(find(api, airflow)) == expected


def test_job_of_a_removed_map_index_is_unwanted(api, airflow):
    airflow.tasks["etl", "daily__1"] = {("load", 0): "deferred", ("load", 1): "removed"}
    put_job(api, "first", map_index=0)
    put_job(api, "second", map_index=1)

    assert list(reasons(find(api, airflow))) == ["second"]


def test_terminated_jobs_get_a_true_reason(api, airflow):
    put_job(api, "ended", "daily__0")
    put_job(api, "gone", "daily__9")
    result = find(api, airflow)

    ended = terminate(BatchClient(api, api), airflow, result.unwanted)

    assert {each.job.job_id for each in ended} == {"ended", "gone"}
    assert api.terminated == {
        "ended": "Airflow no longer wants this job: run 'daily__0' has ended (success)",
        "gone": "Airflow no longer wants this job: run 'daily__9' does not exist in Airflow",
    }


def test_job_whose_run_was_cleared_since_is_not_terminated(api, airflow):
    put_job(api, "cleared", "daily__0")
    put_job(api, "gone", "daily__9")
    result = find(api, airflow)
    airflow.runs["etl", "daily__0"] = "queued"

    ended = terminate(BatchClient(api, api), airflow, result.unwanted)

    assert [each.job.job_id for each in ended] == list(api.terminated) == ["gone"]


def test_refused_termination_does_not_keep_other_jobs_running(api, airflow):
    put_job(api, "ended", "daily__0", createdAt=1)
    put_job(api, "gone", "daily__9", createdAt=2)
    error = aws_error("TerminateJob", 403, "AccessDeniedException", "no")
    api.errors["terminate_job"] = [error]

    with pytest.raises(type(error)):
        terminate(BatchClient(api, api), airflow, find(api, airflow).unwanted)

    assert list(api.terminated) == ["gone"]


def test_oldest_jobs_come_first(api, airflow):
    for number in (3, 1, 2):
        put_job(api, f"job-{number}", "daily__9", f"task-{number}", createdAt=number)

    assert list(reasons(find(api, airflow))) == ["job-1", "job-2", "job-3"]


class PagedBatchApi(FakeBatchApi):
    """Lists up to 1,000 jobs per call, as AWS Batch does, and counts calls."""

    def __init__(self):
        super().__init__()
        self.calls = Counter()

    def paginate(self, **request):
        pages = [page for page in super().paginate(**request) if page["jobSummaryList"]]
        jobs = [job for page in pages for job in page["jobSummaryList"]]
        size = request["PaginationConfig"]["PageSize"]
        for start in range(0, max(len(jobs), 1), size):
            self.calls["ListJobs"] += 1
            yield {"jobSummaryList": jobs[start : start + size]}


def test_ten_thousand_jobs_take_few_calls(airflow):
    api = PagedBatchApi()
    api.queues = [QUEUE_ARN]
    for number in range(10_000):
        put_job(api, f"job-{number}", f"daily__{number % 100}", f"task-{number}")
    airflow.runs |= {("etl", f"daily__{number}"): "running" for number in range(2, 100)}

    result = find(api, airflow)

    assert (len(result.unwanted), result.wanted) == (100, 9_900)
    assert api.calls["ListJobs"] == 14  # 10 for RUNNING, one for each other status
    assert len(api.described) == 100
    assert len(airflow.questions) == 2  # 50 runs each
