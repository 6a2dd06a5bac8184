"""Translation of task settings in a spec to operator arguments."""

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


def test_end_policy_settings_become_operator_arguments():
    arguments = task_arguments(
        settings_of(exit_codes={3: "skip", "64-78": "fail"}, log_lines=7, failed_children_logs=0)
    )

    with DAG("d", schedule=None):
        task = BatchJobOperator(task_id="t", **arguments)
    assert task.end_policy == EndPolicy.parse(
        "t", exit_codes={3: "skip", "64-78": "fail"}, log_lines=7, failed_children_logs=0
    )


@pytest.mark.parametrize(
    ("member", "value", "argument", "expected"),
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
        ("refused_timeout", "4h", "refused_timeout", timedelta(hours=4)),
    ],
)
def test_setting_becomes_operator_argument(member, value, argument, expected):
    arguments = task_arguments(settings_of(**{member: value}))

    with DAG("d", schedule=None):
        task = BatchJobOperator(task_id="t", **arguments)
    assert arguments == {argument: expected}
    assert getattr(task, argument) == expected


def test_produced_assets_become_outlets():
    arguments = task_arguments(settings_of(produces=["s3://bucket/a", {"uri": "s3://bucket/b", "name": "b"}]))

    assert arguments == {
        "outlets": [Asset(name="s3://bucket/a", uri="s3://bucket/a"), Asset(name="b", uri="s3://bucket/b")]
    }


def test_unset_settings_are_omitted():
    assert task_arguments(settings_of()) == {}


def test_exit_codes_reach_the_operator():
    arguments = task_arguments(settings_of(exit_codes={"3": "skip", "64-78": "fail"}))

    with DAG("d", schedule=None):
        task = BatchJobOperator(task_id="t", **arguments)
    assert task.end_policy.actions.action_for([3]) == "skip"
    assert task.end_policy.actions.action_for([70]) == "fail"
