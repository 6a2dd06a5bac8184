"""What a spec says about a job's task, as arguments of its operator."""

from datetime import timedelta

import pytest
from airflow.sdk import DAG, Asset

from airflow_batch_provider.dag.task_arguments import task_arguments
from airflow_batch_provider.operators.batch import BatchJobOperator
from airflow_batch_provider.operators.end_policy import EndPolicy
from airflow_batch_provider.spec.models import Job, JobTaskSettings


def settings_of(**members):
    job = Job(job_queue="q", job_definition="d", **members)
    return {name: getattr(job, name) for name in JobTaskSettings.model_fields}


def test_what_the_end_of_a_job_means_is_what_the_operator_takes():
    arguments = task_arguments(
        settings_of(exit_codes={3: "skip", "64-78": "fail"}, log_lines=7, failed_children_logs=0)
    )

    with DAG("d", schedule=None):
        task = BatchJobOperator(task_id="t", **arguments)
    assert task.end_policy == EndPolicy.parse(
        "t", exit_codes={3: "skip", "64-78": "fail"}, log_lines=7, failed_children_logs=0
    )


@pytest.mark.parametrize(
    ("member", "written", "argument", "meant"),
    [
        ("trigger_rule", "all_done", "trigger_rule", "all_done"),
        ("owner", "risk", "owner", "risk"),
        ("execution_timeout", "2h", "execution_timeout", timedelta(hours=2)),
        ("retries", 0, "retries", 0),
        ("retry_delay", 90, "retry_delay", timedelta(seconds=90)),
        ("pool", "batch", "pool", "batch"),
        ("pool_slots", 2, "pool_slots", 2),
        ("priority_weight", -5, "priority_weight", -5),
        ("max_active_tis_per_dag", 3, "max_active_tis_per_dag", 3),
        ("array_retry", "failed", "array_retry", "failed"),
        ("runnable_timeout", "1h", "runnable_timeout", timedelta(hours=1)),
    ],
)
def test_a_setting_is_an_argument_that_the_operator_takes(member, written, argument, meant):
    arguments = task_arguments(settings_of(**{member: written}))

    with DAG("d", schedule=None):
        task = BatchJobOperator(task_id="t", **arguments)
    assert arguments == {argument: meant}
    assert getattr(task, argument) == meant


def test_produced_assets_are_outlets():
    arguments = task_arguments(settings_of(produces=["s3://bucket/a", {"uri": "s3://bucket/b", "name": "b"}]))

    assert arguments == {
        "outlets": [Asset(name="s3://bucket/a", uri="s3://bucket/a"), Asset(name="b", uri="s3://bucket/b")]
    }


def test_what_is_left_out_stays_out():
    assert task_arguments(settings_of()) == {}


def test_exit_codes_reach_the_operator():
    arguments = task_arguments(settings_of(exit_codes={"3": "skip", "64-78": "fail"}))

    with DAG("d", schedule=None):
        task = BatchJobOperator(task_id="t", **arguments)
    assert task.end_policy.actions.action_for([3]) == "skip"
    assert task.end_policy.actions.action_for([70]) == "fail"
