"""``depends_on`` of the operators: results of other tasks, skipped tasks, and more than 20 jobs."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.handover import WaitEvent
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

IDS = [f"dependency-{number}" for number in range(25)]


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def ti():
    return FakeTaskInstance()


@pytest.fixture(params=[BatchSubmitJobOperator, BatchJobOperator])
def operator(request):
    return request.param


@pytest.fixture
def run(api, ti):
    def start(operator, depends_on, **arguments):
        with DAG("d", schedule=None):
            upstream = BatchSubmitJobOperator(task_id="upstream", job_queue="q", job_definition="d")
            task = operator(
                task_id="align", job_queue="q", job_definition="d", depends_on=depends_on, **arguments
            )
            upstream >> task
        task.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return task, lambda: task.execute({"ti": ti})

    return start


@pytest.fixture
def submitted(run, api):
    """Submit a job and return its ``dependsOn``."""

    def submit(depends_on, **arguments):
        _, execute = run(BatchSubmitJobOperator, depends_on, **arguments)
        execute()
        return api.submitted[0].get("dependsOn")

    return submit


@pytest.mark.parametrize(
    ("depends_on", "sent"),
    [
        ("id-1", [{"jobId": "id-1"}]),
        (["id-1", ["id-2", ["id-3"]]], [{"jobId": "id-1"}, {"jobId": "id-2"}, {"jobId": "id-3"}]),
        ("['id-1', 'id-2']", [{"jobId": "id-1"}, {"jobId": "id-2"}]),
        (["id-1", "id-1", {"job_id": "id-1"}], [{"jobId": "id-1"}]),
        ({"job_id": "id-1", "type": "N_TO_N"}, [{"jobId": "id-1", "type": "N_TO_N"}]),
        (
            [{"job_id": ["id-1", "id-2"], "type": "N_TO_N"}, {"type": "SEQUENTIAL"}],
            [
                {"jobId": "id-1", "type": "N_TO_N"},
                {"jobId": "id-2", "type": "N_TO_N"},
                {"type": "SEQUENTIAL"},
            ],
        ),
        ([], None),
        (None, None),
    ],
)
def test_dependencies_may_be_one_or_nested_lists(submitted, depends_on, sent):
    assert submitted(depends_on, array_properties={"size": 2}) == sent


@pytest.mark.parametrize("depends_on", [None, [None, "id-1"], [{"job_id": None}, "id-1"], "None"])
def test_entries_of_skipped_tasks_are_left_out(submitted, ti, depends_on):
    ti.states = {"upstream": "skipped"}

    expected = None if depends_on in (None, "None") else [{"jobId": "id-1"}]
    assert submitted(depends_on) == expected


@pytest.mark.parametrize("state", ["success", "failed", "upstream_failed", None])
def test_an_entry_without_job_id_is_refused_unless_a_task_was_skipped(run, ti, operator, state):
    ti.states = {"upstream": state}
    _, execute = run(operator, [None, "id-1"])

    with pytest.raises(AirflowFailException, match="None in depends_on is neither a job ID nor"):
        execute()


def test_more_entries_without_job_id_than_skipped_tasks_are_refused(run, ti, operator):
    ti.states = {"upstream": "skipped"}
    _, execute = run(operator, [None, None, "id-1"])

    with pytest.raises(AirflowFailException, match="None in depends_on is neither a job ID nor"):
        execute()


def test_20_dependencies_are_sent_without_describing_them(submitted, api):
    sent = submitted(IDS[:20])

    assert [each["jobId"] for each in sent] == IDS[:20]
    assert api.described == []


def test_more_than_20_dependencies_defer_the_task_until_enough_have_ended(run, api, operator):
    for job_id in IDS:
        api.put(job_id, "RUNNING")
    task, execute = run(operator, IDS)

    with pytest.raises(TaskDeferred) as deferred:
        execute()

    trigger = deferred.value.trigger
    assert isinstance(trigger, BatchJobTrigger)
    assert trigger.job_ids == IDS[:5]
    assert trigger.kill_reason is None  # the task does not own these jobs
    assert api.submitted == []
    for job_id in IDS[:5]:
        api.put(job_id, "SUCCEEDED")
    resume = getattr(task, deferred.value.method_name)
    if operator is BatchJobOperator:
        with pytest.raises(TaskDeferred):  # now for its own job
            resume({"ti": FakeTaskInstance()}, WaitEvent().to_json())
    else:
        resume({"ti": FakeTaskInstance()}, WaitEvent().to_json())
    (request,) = api.submitted
    assert [each["jobId"] for each in request["dependsOn"]] == IDS[5:]


def test_a_wait_that_fails_submits_nothing(run, api):
    task, _ = run(BatchSubmitJobOperator, IDS)
    event = WaitEvent.of_error(RuntimeError("no network"), "jobs").to_json()

    with pytest.raises(AirflowException, match="could not wait for jobs: RuntimeError: no network"):
        task.submit_after_wait({"ti": FakeTaskInstance()}, event)

    assert api.submitted == []


def test_a_task_that_is_not_deferrable_waits_in_its_worker(run, api, monkeypatch):
    for job_id in IDS:
        api.put(job_id, "RUNNING")
    task, execute = run(BatchSubmitJobOperator, IDS, deferrable=False, poll_interval_seconds=7)
    waits = []

    def wait(job_ids, interval_seconds, *, are_own):
        waits.append((job_ids, interval_seconds, are_own))
        for job_id in job_ids:
            api.put(job_id, "SUCCEEDED")

    monkeypatch.setattr(task.hook, "wait", wait)

    execute()

    assert waits == [(IDS[:5], 7, False)]
    assert [each["jobId"] for each in api.submitted[0]["dependsOn"]] == IDS[5:]


def test_jobs_that_have_succeeded_are_left_out(submitted, api):
    for job_id in IDS[3:]:
        api.put(job_id, "SUCCEEDED")

    assert [each["jobId"] for each in submitted(IDS)] == IDS[:3]


def test_one_failed_job_is_sent_so_that_aws_fails_the_job(submitted, api):
    for job_id in IDS:
        api.put(job_id, "RUNNING")
    api.put(IDS[7], "FAILED")

    assert submitted(IDS) == [{"jobId": IDS[7]}]


def test_a_failed_array_with_paired_children_does_not_replace_the_other_dependencies(run, api):
    for job_id in IDS:
        api.put(job_id, "RUNNING")
    api.put("paired", "FAILED", arrayProperties={"size": 2, "statusSummary": {}})
    paired = {"job_id": "paired", "type": "N_TO_N"}
    _, execute = run(BatchSubmitJobOperator, [paired, *IDS], array_properties={"size": 2})

    with pytest.raises(TaskDeferred) as deferred:
        execute()

    assert deferred.value.trigger.job_ids == IDS[:6]


def test_too_many_failed_arrays_are_refused_with_their_number(run, api):
    for job_id in IDS:
        api.put(job_id, "FAILED", arrayProperties={"size": 2, "statusSummary": {}})
    paired = [{"job_id": job_id, "type": "N_TO_N"} for job_id in IDS]
    _, execute = run(BatchSubmitJobOperator, paired, array_properties={"size": 2})

    with pytest.raises(AirflowFailException, match="depends on 25 jobs; AWS Batch accepts at most 20"):
        execute()
