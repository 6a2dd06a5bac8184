"""An Airflow retry of an array job that runs again only those of its children that failed."""

import logging

import pytest
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.following.terminations import RUN_ENDED, marked
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.batch import BatchJobChainOperator, BatchJobOperator
from airflow_batch_provider.plan.model import PlannedDependency, PlannedJob
from airflow_batch_provider.spec.models import DependencyType
from tests.airflow_fakes import FakeStateStore, FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi

EXITED = "Essential container in task exited"


@pytest.fixture
def api():
    return FakeBatchApi()


class Task:
    """The task ``align`` that follows an array of ten, over its tries."""

    def __init__(self, api, kind=BatchJobOperator, **arguments):
        self.api = api
        self.kind = kind
        self.ti = FakeTaskInstance(published={("submit", "align"): "root"})
        self.ti.max_tries = 3
        self.context = {"ti": self.ti, "task_state_store": FakeStateStore()}
        self.arguments = {
            "adopt": PublishedJob("submit", "align"),
            "job_queue": "etl",
            "job_definition": "align",
            "array_properties": {"size": 10},
            "container_overrides": {"command": ["align"]},
            "array_retry": "failed",
            "retries": 3,
            **arguments,
        }

    def start(self):
        """Start the present try; the job that it then waits for."""
        with pytest.raises(TaskDeferred) as deferred:
            self._operator().execute(self.context)
        (job_id,) = deferred.value.trigger.job_ids
        return job_id

    def end(self, job_id):
        """Let the present try end with its job; the result that it publishes."""
        event = {"jobs": [JobDescription.from_aws(self.api.jobs[job_id]).to_json()]}
        return self._operator().resume(self.context, event)

    def fail(self, job_id):
        with pytest.raises(AirflowException) as raised:
            self.end(job_id)
        self.ti.retry()
        return str(raised.value)

    def _operator(self):
        operator = self.kind(task_id="align", **self.arguments)
        operator.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        operator.render_template_fields(self.context)
        return operator


def put_failed(api, job_id, failed, *, size=10, reason=EXITED, **members):
    """Let an array have failed with some of its children."""
    summary = {"FAILED": len(failed), "SUCCEEDED": size - len(failed)}
    array = {"arrayProperties": {"size": size, "statusSummary": summary}}
    api.put(job_id, "FAILED", statusReason="Array Child Job failed", **array, **members)
    for index in failed:
        api.put(f"{job_id}:{index}", "FAILED", statusReason=reason, container={"exitCode": 1})


def failed_once(api, failed, **arguments):
    """Let the first try fail with some of the root's children, and the second one begin."""
    task = Task(api, **arguments)
    api.put("root", "PENDING", arrayProperties={"size": 10, "statusSummary": {}})
    assert task.start() == "root"
    put_failed(api, "root", failed)
    task.fail("root")
    return task


def environment_of(request):
    return {entry["name"]: entry["value"] for entry in request["containerOverrides"]["environment"]}


def test_the_children_that_failed_run_again_as_a_smaller_array(api):
    task = failed_once(api, [3, 7, 8, 9])

    task.start()

    (request,) = api.submitted
    assert request["arrayProperties"] == {"size": 4}
    assert environment_of(request)["BATCH_ORIGINAL_ARRAY_INDICES"] == "3,7-9"
    assert request["containerOverrides"]["command"][-1] == "align"


def test_a_single_child_that_failed_runs_again_as_a_plain_job(api):
    task = failed_once(api, [7])

    task.start()

    (request,) = api.submitted
    assert "arrayProperties" not in request
    assert environment_of(request)["BATCH_ORIGINAL_ARRAY_INDEX"] == "7"


def test_what_fails_again_is_told_and_retried_under_the_indices_of_the_whole_array(api):
    task = failed_once(api, [3, 7, 8, 9])
    second = task.start()
    put_failed(api, second, [1, 3], size=4)

    sentence = task.fail(second)

    assert "2 of 10 children failed (indices 7, 9)" in sentence
    assert task.ti.pushed["array"]["failed_indices"] == "7, 9"
    assert task.ti.pushed["array"]["succeeded"] == 8
    task.start()
    assert environment_of(api.submitted[-1])["BATCH_ORIGINAL_ARRAY_INDICES"] == "7,9"
    assert api.submitted[-1]["arrayProperties"] == {"size": 2}


def test_the_last_child_can_fail_again_and_again(api):
    task = failed_once(api, [7])
    second = task.start()
    api.put(second, "FAILED", statusReason=EXITED, container={**api.jobs[second]["container"], "exitCode": 3})

    sentence = task.fail(second)

    assert f"array job 'align' ({second}) failed: 1 of 10 children failed (index 7)" in sentence
    assert f"job 'align:7' ({second}) failed with exit code 3" in sentence
    task.start()
    assert environment_of(api.submitted[-1])["BATCH_ORIGINAL_ARRAY_INDEX"] == "7"


@pytest.mark.parametrize("failed", [[7], [7, 9]])
def test_results_are_merged(api, failed):
    task = failed_once(api, failed)
    second = task.start()
    api.put(second, "SUCCEEDED")

    assert task.end(second) == second
    assert task.ti.pushed["array"] == {
        "size": 10,
        "succeeded": 10,
        "failed": 0,
        "failed_indices": "",
        "exit_codes": {},
        "reasons": {},
        "classes": {},
    }


def test_a_retry_whose_worker_died_is_adopted_as_what_it_is(api):
    task = failed_once(api, [3, 7])
    second = task.start()
    task.ti.retry()

    assert task.start() == second
    put_failed(api, second, [0], size=2)
    assert "(index 3)" in task.fail(second)


def test_clearing_a_failed_task_runs_the_failed_children_again(api):
    task = failed_once(api, [3, 7])
    task.ti.clear(retries=3)

    task.start()

    assert environment_of(api.submitted[-1])["BATCH_ORIGINAL_ARRAY_INDICES"] == "3,7"


def test_clearing_a_task_whose_retry_failed_runs_the_children_that_failed_then(api):
    task = failed_once(api, [3, 7])
    second = task.start()
    put_failed(api, second, [1], size=2)
    task.fail(second)
    task.ti.clear(retries=3)

    task.start()

    assert environment_of(api.submitted[-1])["BATCH_ORIGINAL_ARRAY_INDICES"] == "7"


def test_clearing_a_task_that_has_succeeded_runs_the_whole_array_again(api):
    task = failed_once(api, [3, 7])
    second = task.start()
    api.put(second, "SUCCEEDED", arrayProperties={"size": 2, "statusSummary": {"SUCCEEDED": 2}})
    task.end(second)
    task.ti.clear(retries=3)

    task.start()

    assert api.submitted[-1]["arrayProperties"] == {"size": 10}


def test_clearing_a_task_that_is_waiting_runs_the_whole_array_again(api):
    task = failed_once(api, [3, 7])
    second = task.start()
    task.ti.clear(retries=3)

    task.start()

    assert list(api.terminated) == [second]
    assert api.submitted[-1]["arrayProperties"] == {"size": 10}


def test_without_shell_the_command_stays(api):
    task = failed_once(api, [3, 7], array_retry="failed_without_shell")

    task.start()

    (request,) = api.submitted
    assert request["containerOverrides"]["command"] == ["align"]
    assert environment_of(request)["BATCH_ORIGINAL_ARRAY_INDICES"] == "3,7"


@pytest.mark.parametrize(
    ("arguments", "failed", "said"),
    [
        ({"array_retry": "all"}, [3], ""),
        ({}, list(range(10)), ""),
        ({"container_overrides": None}, [3], "sh cannot start an image's default command"),
        (
            {"depends_on": [{"job_id": "other", "type": "N_TO_N"}]},
            [3],
            "its children depend on children of a job that this task does not wait for",
        ),
        (
            {"container_overrides": {"command": ["x" * 8000]}},
            [3],
            "does not fit into containerOverrides",
        ),
    ],
    ids=["not wanted", "all failed", "no command", "N_TO_N of its own", "too long"],
)
def test_the_whole_array_runs_again_where_its_children_cannot_run_apart(api, caplog, arguments, failed, said):
    task = failed_once(api, failed, **arguments)

    with caplog.at_level(logging.WARNING):
        task.start()

    (request,) = api.submitted
    assert request["arrayProperties"] == {"size": 10}
    assert said in caplog.text


def test_a_list_that_is_not_complete_is_not_trusted(api, caplog):
    task = failed_once(api, [3, 7])
    del api.jobs["root:7"]

    with caplog.at_level(logging.WARNING):
        task.start()

    assert api.submitted[-1]["arrayProperties"] == {"size": 10}
    assert "AWS Batch counts 2 failed children but lists 1" in caplog.text


def test_children_that_failed_only_with_those_that_they_depend_on_are_made_up_for_at_once(api):
    task = Task(api)
    put_failed(api, "root", [3, 7], reason="Dependent Job failed")

    task.start()

    assert environment_of(api.submitted[-1])["BATCH_ORIGINAL_ARRAY_INDICES"] == "3,7"


@pytest.mark.parametrize("array_retry", ["all", "failed"])
def test_so_they_are_when_their_siblings_were_still_running(api, array_retry):
    task = Task(api, array_retry=array_retry)
    api.put("root", "PENDING", arrayProperties={"size": 10, "statusSummary": {}})
    task.start()
    put_failed(api, "root", [3, 7], reason="Dependent Job failed")

    with pytest.raises(TaskDeferred) as deferred:
        task.end("root")

    assert deferred.value.trigger.job_ids != ["root"]
    assert api.submitted[-1]["arrayProperties"] == {"size": 10 if array_retry == "all" else 2}


def test_what_the_end_of_the_run_has_terminated_runs_again_with_them(api):
    task = Task(api)
    put_failed(api, "root", [3, 7], reason="Dependent Job failed")
    api.put("root:7", "FAILED", statusReason=RUN_ENDED)

    task.start()

    assert environment_of(api.submitted[-1])["BATCH_ORIGINAL_ARRAY_INDICES"] == "3,7"


def test_a_plain_job_whose_dependency_fails_while_its_task_waits_is_submitted_again(api):
    task = Task(api, array_properties=None)
    api.put("root", "PENDING")
    task.start()
    api.put("root", "FAILED", statusReason="Dependent Job failed")

    with pytest.raises(TaskDeferred) as deferred:
        task.end("root")

    assert deferred.value.trigger.job_ids != ["root"]


def test_a_job_that_is_terminated_while_its_task_waits_is_not_submitted_again(api):
    task = Task(api)
    api.put("root", "PENDING", arrayProperties={"size": 10, "statusSummary": {}})
    task.start()
    put_failed(api, "root", [3, 7], reason=marked("task 'align' as failed"))

    assert "2 of 10 children failed" in task.fail("root")


def test_a_child_that_failed_by_itself_is_a_failure(api):
    task = Task(api)
    put_failed(api, "root", [3, 7], reason="Dependent Job failed")
    api.put("root:7", "FAILED", statusReason=EXITED, container={"exitCode": 1})

    with pytest.raises(AirflowException, match=r"2 of 10 children failed \(indices 3, 7\)"):
        task._operator().execute(task.context)


def chain_of(api, dependency):
    request = {"jobQueue": "etl", "jobDefinition": "model", "arrayProperties": {"size": 10}}
    model = PlannedJob("model", request, (PlannedDependency("align", dependency),))
    return Task(api, kind=BatchJobChainOperator, head_key="align", chain=[model], adopt=None)


def sizes(api):
    return [request.get("arrayProperties", {}).get("size") for request in api.submitted]


def test_the_jobs_behind_the_head_of_a_chain_are_submitted_again_with_it(api):
    task = chain_of(api, None)
    first = task.start()
    put_failed(api, first, [3, 7])
    task.fail(first)

    task.start()

    assert sizes(api) == [10, 10, 2, 10]


@pytest.mark.parametrize("is_cleared", [False, True], ids=["retried", "cleared"])
def test_an_array_that_is_paired_with_the_head_of_a_chain_is_kept(api, is_cleared):
    task = chain_of(api, DependencyType.N_TO_N)
    first = task.start()
    paired = task.ti.pushed["job.model"]
    put_failed(api, first, [3, 7])
    task.fail(first)
    if is_cleared:
        task.ti.clear(retries=3)
    task.ti.pushed.clear()

    task.start()

    assert sizes(api) == [10, 10, 2]
    assert task.ti.pushed["job.model"] == paired


def test_a_partial_retry_of_the_head_that_a_dead_worker_has_submitted_keeps_the_paired_array(api):
    task = chain_of(api, DependencyType.N_TO_N)
    first = task.start()
    put_failed(api, first, [3, 7])
    task.fail(first)
    second = task.start()
    task.ti.retry()

    assert task.start() == second
    assert sizes(api) == [10, 10, 2]


def test_a_paired_array_that_does_not_exist_yet_waits_for_the_whole_subset(api):
    task = chain_of(api, DependencyType.N_TO_N)
    first = task.start()
    put_failed(api, first, [3, 7])
    task.fail(first)
    del api.jobs[task.ti.pushed["job.model"]]

    second = task.start()

    assert sizes(api) == [10, 10, 2, 10]
    assert api.submitted[-1]["dependsOn"] == [{"jobId": second}]


def test_a_choice_that_does_not_exist_is_refused_when_the_dag_is_parsed():
    with pytest.raises(RequestError, match="array_retry is 'some'; it must be one of all, failed, f"):
        BatchJobOperator(task_id="align", adopt="a", array_retry="some")
