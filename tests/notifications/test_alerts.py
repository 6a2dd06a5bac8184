"""The content of alerts, and when they are sent."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.dag.factory import build_dag, build_task_group
from airflow_batch_provider.errors import JobFailedError, SpecError
from airflow_batch_provider.notifications.alerts import AlertTarget, JobFailedAlert
from airflow_batch_provider.notifications.message import (
    describe_failed_run,
    describe_failed_task,
    describe_successful_run,
)
from airflow_batch_provider.spec.models import Job, JobSettings, Workflow
from tests.notifications.recording_notifier import RecordingNotifier

NOTIFIER = "tests.notifications.recording_notifier.RecordingNotifier"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:failures"


class FakeTaskInstance(SimpleNamespace):
    map_index = -1

    def xcom_pull(self, *, task_ids, key, map_indexes):
        assert map_indexes == self.map_index
        return self.published.get((task_ids, key))


def workflow(**arguments):
    return Workflow(
        workflow="post_trade",
        defaults=JobSettings(job_queue="q", job_definition="d"),
        jobs={"clean": Job(), "store": Job(depends_on=["clean"])},
        **arguments,
    )


def context_of(dag, task_id, exception=None, **published):
    task = dag.get_task(task_id)
    ti = FakeTaskInstance(
        task=task,
        task_id=task_id,
        dag_id=dag.dag_id,
        run_id="scheduled__2008-01-01",
        log_url=f"http://airflow/dags/{dag.dag_id}/runs/r/tasks/{task_id}?try_number=1",
        published={(task_id, "job_id"): published.get("job_id")},
    )
    return {"ti": ti, "dag": dag, "run_id": ti.run_id, "exception": exception}


@pytest.fixture(autouse=True)
def _clear_messages():
    RecordingNotifier.messages.clear()


def test_alert_of_failed_job_contains_reason_run_and_log():
    dag = build_dag(workflow())
    dag.get_task("clean").console_reference = ConsoleReference(
        "eu-west-1", job_id="3f2a", log_group="/aws/batch/job", log_stream="d/default/x"
    )
    failure = JobFailedError("job 'clean' (3f2a) failed with exit code 137: OutOfMemoryError")

    alert = describe_failed_task(context_of(dag, "clean", failure, job_id="3f2a"))

    assert alert.subject == "post_trade: job 'clean' failed"
    assert (alert.job, alert.job_id, alert.run_id, alert.reason) == (
        "clean",
        "3f2a",
        "scheduled__2008-01-01",
        str(failure),
    )
    lines = alert.message.splitlines()
    assert lines[:7] == [
        "Job 'clean' of workflow 'post_trade' failed.",
        "",
        "Reason: job 'clean' (3f2a) failed with exit code 137: OutOfMemoryError",
        "Workflow: post_trade",
        "Run: scheduled__2008-01-01",
        "AWS Batch job: 3f2a",
        "Task log: http://airflow/dags/post_trade/runs/r/tasks/clean?try_number=1",
    ]
    assert [line.partition(":")[0] for line in lines[7:]] == ["Batch job", "Batch job log"]


def test_alert_of_task_without_job():
    alert = describe_failed_task(context_of(build_dag(workflow()), "submit", RuntimeError("no credentials")))

    assert alert.job_id == ""
    assert "Reason: no credentials" in alert.message
    assert "AWS Batch job" not in alert.message


def test_subject_fits_sns_limit():
    long = build_dag(workflow().model_copy(update={"workflow": "größe-" + "x" * 200}))

    subject = describe_failed_task(context_of(long, "clean")).subject

    assert subject.isascii()
    assert len(subject) == 99
    assert subject.endswith("...")


def test_alerts_run_after_existing_callback_of_every_task():
    existing_callback = print
    alerts = {"on_failure": [{"notifier": NOTIFIER}, {"sns": {"topic_arn": TOPIC}}]}

    dag = build_dag(workflow(alerts=alerts), default_args={"on_failure_callback": existing_callback})

    for task in dag.tasks:
        first, recording_notifier, sns = task.on_failure_callback
        assert first is existing_callback
        assert isinstance(recording_notifier, JobFailedAlert)
        assert recording_notifier.target == AlertTarget(NOTIFIER)
        assert sns.target.arguments["target_arn"] == TOPIC


def test_sns_uses_connection_of_workflow_by_default():
    connection = {"aws_conn_id": "batch", "region_name": "eu-north-1"}
    alerts = {
        "on_failure": [
            {"sns": {"topic_arn": TOPIC}},
            {"sns": {"topic_arn": TOPIC, "aws_conn_id": None, "region_name": "us-east-1"}},
        ]
    }

    dag = build_dag(workflow(alerts=alerts, connection=connection))

    arguments = [alert.target.arguments for alert in dag.get_task("clean").on_failure_callback]
    assert [(each["aws_conn_id"], each["region_name"]) for each in arguments] == [
        ("batch", "eu-north-1"),
        (None, "us-east-1"),
    ]


def test_templates_of_notifier_are_rendered():
    alerts = {
        "on_failure": [{"notifier": NOTIFIER, "arguments": {"text": "{{ alert.job }} in {{ run_id }}"}}]
    }
    dag = build_dag(workflow(alerts=alerts))
    context = context_of(dag, "store", JobFailedError("{{ this is not a template }}"))

    for alert in dag.get_task("store").on_failure_callback:
        alert(context)

    assert RecordingNotifier.messages == ["store in scheduled__2008-01-01"]
    assert "alert" not in context


def test_job_output_is_not_rendered_as_template():
    alerts = {"on_failure": [{"notifier": NOTIFIER, "arguments": {"text": "{{ alert.reason }}"}}]}
    dag = build_dag(workflow(alerts=alerts))

    for alert in dag.get_task("store").on_failure_callback:
        alert(context_of(dag, "store", JobFailedError("it printed {{ 1 / 0 }}")))

    assert RecordingNotifier.messages == ["it printed {{ 1 / 0 }}"]


def test_successful_run_sends_one_alert():
    dag = build_dag(workflow(alerts={"on_success": [{"notifier": NOTIFIER}]}))
    alerts = [
        callback for callback in dag.on_success_callback if type(callback).__name__ == "RunSucceededAlert"
    ]

    for alert in alerts:
        alert({"dag": dag, "run_id": "r", "reason": "success"})

    assert RecordingNotifier.messages == ["post_trade: run succeeded"]
    assert all(not task.on_success_callback for task in dag.tasks)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("timed_out", "the run exceeded its dagrun_timeout"),
        ("all_tasks_deadlocked", "the remaining tasks can never run (deadlock)"),
        ("task_failure", None),
    ],
)
def test_failed_run_sends_alert_unless_task_failed(reason, expected):
    dag = build_dag(workflow())

    message = describe_failed_run({"dag": dag, "run_id": "manual__1+00:00", "reason": reason})

    assert (message.reason if message else None) == expected


def test_alert_of_run_contains_its_url():
    alert = describe_successful_run({"dag": build_dag(workflow()), "run_id": "manual__1+00:00"})

    assert alert.log_url.endswith("/dags/post_trade/runs/manual__1%2B00%3A00")
    assert f"Tasks and logs: {alert.log_url}" in alert.message


@pytest.mark.parametrize(
    ("notifier", "arguments"), [("nowhere.At", {}), ("airflow.sdk.NoSuch", {}), (NOTIFIER, {"txt": "x"})]
)
def test_error_names_notifier_that_cannot_be_created(notifier, arguments):
    alert = JobFailedAlert(AlertTarget(notifier, arguments))
    dag = build_dag(workflow())

    with pytest.raises(
        SpecError, match=f"cannot create notifier '{notifier}', which 'alerts' of the spec uses"
    ):
        alert(context_of(dag, "clean"))


def test_task_group_sends_alerts():
    with DAG("d", schedule=None) as dag:
        build_task_group(workflow(alerts={"on_failure": [{"notifier": NOTIFIER}]}), group_id="g")

    assert {len(task.on_failure_callback) for task in dag.tasks} == {1}


def test_no_notifier_is_imported_at_parse():
    program = f"""
import sys
from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.spec.models import Workflow
build_dag(Workflow(workflow="w", jobs={{"a": {{"job_queue": "q", "job_definition": "d"}}}},
    alerts={{"on_failure": [{{"sns": {{"topic_arn": "{TOPIC}"}}}}]}}))
print(sorted({{"boto3", "botocore"}} & set(sys.modules)))
"""

    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert printed.splitlines()[-1] == "[]"
