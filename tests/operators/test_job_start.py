"""``BatchJobOperator(start_in_triggerer=True)``: what Airflow receives and how later tries use it."""

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.handover import PublishedJob
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from tests.airflow_versions import DagSerialization
from tests.operators.test_job_again import RETRIES, Following

PUBLISHED = PublishedJob("submit", "align")


@pytest.fixture
def starting():
    """A task that follows the job ``root`` and begins in the triggerer."""
    return Following(adopt=PUBLISHED, start_in_triggerer=True)


def followed_in_triggerer(task: Following) -> None:
    """Do what the trigger of the first try does, and end the try."""
    task.ti._published["submit", "followed.align"] = "root"


@pytest.mark.parametrize("is_reference", [True, False], ids=["PublishedJob", "output"])
def test_airflow_keeps_how_the_task_begins_with_the_dag(is_reference):
    with DAG("d", schedule=None) as dag:
        submit = BatchSubmitJobOperator(task_id="submit", job_queue="q", job_definition="d")
        BatchJobOperator(
            task_id="align", adopt=PUBLISHED if is_reference else submit.output, start_in_triggerer=True
        )

    task = DagSerialization.from_dict(DagSerialization.to_dict(dag)).get_task("align")

    key = "align" if is_reference else "return_value"
    arguments = task.start_trigger_args.trigger_kwargs
    assert task.start_from_trigger
    assert task.start_trigger_args.next_method == "resume"
    assert f"ti.xcom_pull(task_ids='submit', key='{key}', map_indexes=ti.map_index)" in str(arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"job_queue": "q"}, "no other task publishes its job; set adopt"),
        ({"adopt": "{{ params.job }}"}, "no other task publishes its job; set adopt"),
        ({"adopt": PUBLISHED, "aws_conn_id": "{{ params.account }}"}, "aws_conn_id is a template"),
    ],
)
def test_a_task_that_cannot_begin_in_the_triggerer_says_why(arguments, message):
    with DAG("d", schedule=None), pytest.raises(RequestError, match=message):
        BatchJobOperator(task_id="align", start_in_triggerer=True, **arguments)


def test_what_begins_in_a_worker_after_all_follows_the_published_job(starting):
    starting.api.put("root", "RUNNING")

    with pytest.raises(TaskDeferred) as deferred:
        starting.operator().resume(starting.context, {"to_execute": True})

    assert deferred.value.trigger.job_ids == ["root"]
    assert starting.api.submitted == []


def test_the_end_of_a_job_that_was_followed_in_the_triggerer_is_the_tasks(starting):
    starting.api.put("root", "SUCCEEDED")
    job = JobDescription.from_aws(starting.api.jobs["root"]).to_json()

    result = starting.operator().resume(starting.context, {"jobs": [job], "token": {"try_number": 1}})

    assert result == "root"


def test_a_clear_of_a_task_that_had_no_worker_submits_a_new_job(starting):
    starting.api.put("root", "SUCCEEDED")
    followed_in_triggerer(starting)
    starting.ti.clear(retries=RETRIES)

    assert starting.execute() == "job-2"


def test_a_clear_adopts_the_job_of_a_submit_that_was_cleared_with_it(starting):
    starting.api.put("root", "SUCCEEDED")
    starting.ti.clear(retries=RETRIES)  # and submit has published the new job's id; nobody has followed it

    assert starting.execute() == "root"
    assert starting.api.submitted == []


def test_a_retry_of_a_task_whose_job_failed_in_the_triggerer_submits_a_new_job(starting):
    starting.api.put("root", "FAILED")
    followed_in_triggerer(starting)
    starting.ti.retry()

    assert starting.execute() == "job-2"
