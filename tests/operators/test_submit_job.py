"""``BatchSubmitJobOperator``: submit one job, wait for nothing."""

from copy import copy
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRunType

from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.names import camel_case
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.spec.models import SUBMIT_JOB_MEMBERS
from tests.airflow_fakes import FakeTaskInstance, hook_over
from tests.aws_model import submit_job_request, what_is_wrong_with
from tests.fakes import FakeBatchApi, FakeLogsApi, aws_error, refused, throttled


@pytest.fixture
def api():
    return FakeBatchApi()


@pytest.fixture
def ti():
    return FakeTaskInstance()


@pytest.fixture
def execute(api, ti):
    def run(operator):
        operator.__dict__["hook"] = hook_over(api, FakeLogsApi())
        return operator.execute({"ti": ti})

    return run


def operator(**arguments):
    return BatchSubmitJobOperator(task_id="align", job_queue="q", job_definition="d", **arguments)


def test_the_job_id_is_the_tasks_result(execute):
    assert execute(operator()) == "job-1"


def test_what_is_left_out_is_absent(execute, api):
    execute(operator())

    assert api.submitted[0].keys() == {"jobName", "jobQueue", "jobDefinition", "tags", "propagateTags"}


def test_the_job_says_whose_it_is(execute, api):
    execute(operator())

    tags = api.submitted[0]["tags"]
    assert tags.pop("airflow_job") == api.submitted[0]["jobName"]
    assert tags == {
        "airflow_dag_id": "post_trade",
        "airflow_run_id": "scheduled__2006-01-01",
        "airflow_task_id": "align",
        "airflow_try_number": "1",
    }


@pytest.mark.parametrize(
    ("follower", "spec_digest", "is_named"),
    [(None, None, False), ("follow", None, True), ("unrelated", None, False), (None, "of a spec", True)],
)
def test_only_a_job_that_ends_with_its_run_names_the_environment(
    execute, api, monkeypatch, follower, spec_digest, is_named
):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__ENVIRONMENT", "production")
    with DAG("post_trade"):
        task = operator(spec_digest=spec_digest)
        if follower == "follow":
            BatchJobOperator(task_id="follow", adopt=task.output)
        elif follower == "unrelated":
            task >> BatchJobOperator(task_id="other", job_queue="q", job_definition="d")

    execute(task)

    assert ("airflow_environment" in api.submitted[0]["tags"]) is is_named


@pytest.mark.parametrize("run_type", [DagRunType.MANUAL, "manual"])
def test_the_run_type_is_tagged_as_airflow_writes_it(api, ti, run_type):
    task = operator()
    task.__dict__["hook"] = hook_over(api, FakeLogsApi())

    task.execute({"ti": ti, "dag_run": SimpleNamespace(run_type=run_type)})

    assert api.submitted[0]["tags"]["airflow_run_type"] == "manual"


def test_a_planned_request_wins_over_keywords_and_default_args(execute, api):
    task = operator(tags={"team": "a"}, job_label="may")
    task.use_request({"jobQueue": "other", "containerOverrides": {"command": ["x"]}, "jobLabel": "june"})

    execute(task)

    (request,) = api.submitted
    assert (request["jobQueue"], request["jobDefinition"]) == ("other", "d")
    assert request["containerOverrides"] == {"command": ["x"]}
    assert request["tags"]["team"] == "a"
    assert request["jobName"].endswith("-june")


def test_rendering_a_copy_leaves_the_original_as_it_is():
    original = operator(parameters={"day": "{{ ds }}"})
    original.use_request({"jobQueue": "{{ queue }}"})
    rendered = copy(original)

    rendered.render_template_fields({"ds": "2006-01-01", "queue": "etl"})

    assert (rendered.parameters, rendered.job_queue) == ({"day": "2006-01-01"}, "etl")
    assert (original.parameters, original.job_queue) == ({"day": "{{ ds }}"}, "{{ queue }}")


def test_the_job_says_nothing_where_the_configuration_wants_no_tags(execute, api, monkeypatch):
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__TAG_JOBS", "False")

    execute(operator())

    assert api.submitted[0].keys() == {"jobName", "jobQueue", "jobDefinition"}


def test_every_member_of_submit_job_is_an_argument():
    made = {"jobName", "dependsOn"}

    assert {camel_case(member) for member in SUBMIT_JOB_MEMBERS} | made == set(submit_job_request().members)


def test_snake_case_and_camel_case_give_the_same_request(execute, api):
    snake = operator(
        job_name="n",
        array_properties={"size": 3},
        scheduling_priority_override="5",
        share_identifier="blue",
        propagate_tags=True,
        parameters={"in_file": "x"},
        tags={"cost_center": "y"},
        container_overrides={
            "command": ["x"],
            "instance_type": "m5.large",
            "environment": [{"name": "A_B", "value": "c"}],
            "resource_requirements": [{"type": "MEMORY", "value": "1GiB"}],
        },
        retry_strategy={"attempts": 2, "evaluate_on_exit": [{"on_exit_code": "1", "action": "RETRY"}]},
        timeout={"attempt_duration_seconds": "2h"},
    )
    camel = operator(
        job_name="n",
        array_properties={"size": 3},
        scheduling_priority_override=5,
        share_identifier="blue",
        propagate_tags=True,
        parameters={"in_file": "x"},
        tags={"cost_center": "y"},
        container_overrides={
            "command": ["x"],
            "instanceType": "m5.large",
            "environment": [{"name": "A_B", "value": "c"}],
            "resourceRequirements": [{"type": "MEMORY", "value": "1024"}],
        },
        retry_strategy={"attempts": 2, "evaluateOnExit": [{"onExitCode": "1", "action": "RETRY"}]},
        timeout={"attemptDurationSeconds": 7200},
    )

    execute(snake)
    execute(camel)

    assert api.submitted[0] == api.submitted[1]
    assert api.submitted[0]["parameters"] == {"in_file": "x"}
    assert api.submitted[0]["tags"]["cost_center"] == "y"
    assert what_is_wrong_with(api.submitted[0]) == ""


def test_dependencies_are_ids_or_mappings(execute, api):
    execute(
        operator(
            array_properties={"size": 2},
            depends_on=[
                "id-1",
                {"job_id": "id-2", "type": "N_TO_N"},
                {"jobId": "id-3"},
                {"type": "SEQUENTIAL"},
            ],
        )
    )

    assert api.submitted[0]["dependsOn"] == [
        {"jobId": "id-1"},
        {"jobId": "id-2", "type": "N_TO_N"},
        {"jobId": "id-3"},
        {"type": "SEQUENTIAL"},
    ]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "",
        5,
        {},
        {"job_id": None},
        {"job_id": None, "type": "N_TO_N"},
        {"job_id": "", "type": "SEQUENTIAL"},
        {"type": "N_TO_N"},
    ],
)
def test_a_dependency_without_an_id_is_refused_before_the_call(execute, api, entry):
    with pytest.raises(AirflowFailException) as raised:
        execute(operator(depends_on=[entry]))

    assert str(raised.value) == (
        f"job 'align': {entry!r} in depends_on is neither a job ID nor {{'job_id': …, 'type': …}}. "
        "If it comes from another task, that task did not publish a job ID; "
        "clear that task and, when it has succeeded, this one. "
        "No retry: the same request would be invalid again"
    )
    assert api.submitted == []


@pytest.mark.parametrize("member", ["job_queue", "job_definition"])
def test_a_job_that_has_nowhere_to_run_is_refused_before_the_call(execute, api, member):
    arguments = {"job_queue": "q", "job_definition": "d", member: None}

    with pytest.raises(AirflowFailException) as raised:
        execute(BatchSubmitJobOperator(task_id="align", **arguments))

    assert str(raised.value).startswith(f"job 'align' has no {member}; set it on task 'align'. No retry: ")
    assert api.submitted == []


def test_the_name_is_made_of_dag_run_task_and_epoch(execute, api, ti):
    ti.max_tries = 3

    execute(operator(retries=3))

    expected = JobIdentity("post_trade", "scheduled__2006-01-01", "align", -1, 3)
    assert api.submitted[0]["jobName"] == expected.job_name


def test_a_mapped_task_names_its_job_by_its_index(execute, api, ti):
    ti.map_index = 4

    execute(operator())

    expected = JobIdentity("post_trade", "scheduled__2006-01-01", "align", 4, 0)
    assert api.submitted[0]["jobName"] == expected.job_name


def test_the_link_to_the_job_is_pushed_at_once(execute, ti):
    execute(operator())

    assert ti.pushed == {
        "_link_BatchJobLink": "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1"
        "#jobs/detail/job-1"
    }


def test_a_refused_job_spends_no_retry(execute, api):
    api.refusals["d"] = refused("JobQueue q not found.")

    with pytest.raises(
        AirflowFailException, match=r"^AWS Batch rejected job '.*: JobQueue q not found "
    ) as raised:
        execute(operator())

    assert str(raised.value).endswith("No retry: nothing changes until it exists; then clear the task")


@pytest.mark.parametrize(
    "error",
    [
        aws_error("SubmitJob", 403, "AccessDeniedException", "User: x is not authorized"),
        aws_error("SubmitJob", 403, "ExpiredTokenException", "The token is expired"),
        refused("JobQueue q is DISABLED and accepts no jobs."),
    ],
)
def test_a_refusal_that_may_pass_is_left_to_airflows_retries(execute, api, error):
    api.refusals["d"] = error

    with pytest.raises(AirflowException, match="job queue 'q', job definition 'd'") as raised:
        execute(operator())

    assert not isinstance(raised.value, AirflowFailException)


def test_throttling_without_end_is_left_to_airflows_retries(execute, api):
    api.errors["submit_job"] = [throttled()] * 10

    with pytest.raises(AirflowException, match="did not accept job") as raised:
        execute(operator())

    assert not isinstance(raised.value, AirflowFailException)


def test_the_connection_comes_from_default_args():
    with DAG("d", schedule=None, default_args={"aws_conn_id": "other", "region_name": "eu-north-1"}):
        task = operator()

    assert (task.connection.aws_conn_id, task.connection.region_name) == ("other", "eu-north-1")


def test_an_own_argument_beats_default_args():
    with DAG("d", schedule=None, default_args={"aws_conn_id": "other"}):
        task = operator(aws_conn_id="mine")

    assert task.connection.aws_conn_id == "mine"


def test_templates_are_rendered_at_any_depth():
    task = operator(
        container_overrides={"command": ["--day", "{{ ds }}"]},
        array_properties={"size": "{{ params.n }}"},
        depends_on=[{"job_id": "{{ params.id }}", "type": "N_TO_N"}],
    )

    task.render_template_fields({"ds": "2006-01-01", "params": {"n": 4, "id": "id-1"}})

    assert task.container_overrides == {"command": ["--day", "2006-01-01"]}
    assert task.array_properties == {"size": "4"}
    assert task.depends_on == [{"job_id": "id-1", "type": "N_TO_N"}]


def test_a_job_definition_may_be_written_in_place(execute, api):
    definition = {
        "job_definition_name": "align",
        "type": "container",
        "container_properties": {
            "image": "busybox",
            "resource_requirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
        },
    }

    execute(BatchSubmitJobOperator(task_id="align", job_queue="q", job_definition=definition))

    ((name, revisions),) = api.definitions.items()
    assert name.startswith("align-")
    assert revisions[1]["containerProperties"]["image"] == "busybox"
    assert api.submitted[0]["jobDefinition"] == f"{name}:1"


@pytest.mark.parametrize(("size", "other"), [(3, {"arrayProperties": {"size": 4}}), (2, {})])
def test_arrays_that_are_paired_must_be_of_one_size(execute, api, size, other):
    api.put("upstream", "PENDING", jobName="sort", **other)
    paired = operator(
        array_properties={"size": str(size)}, depends_on=[{"job_id": "upstream", "type": "N_TO_N"}]
    )

    with pytest.raises(AirflowFailException, match=f"job 'align' has array size {size} and job 'sort' has"):
        execute(paired)

    assert api.submitted == []


def test_arrays_of_one_size_are_paired(execute, api):
    api.put("upstream", "PENDING", arrayProperties={"size": 3})

    execute(operator(array_properties={"size": "3"}, depends_on=[{"job_id": "upstream", "type": "N_TO_N"}]))

    assert api.submitted[0]["dependsOn"] == [{"jobId": "upstream", "type": "N_TO_N"}]


def test_an_array_that_is_not_seen_yet_is_not_compared(execute, api):
    execute(operator(array_properties={"size": 3}, depends_on=[{"job_id": "new", "type": "N_TO_N"}]))

    assert len(api.submitted) == 1
