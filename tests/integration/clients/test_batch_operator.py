"""The unmodified BatchOperator and BatchSensor of Airflow's amazon provider."""

import pytest
from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.hooks.batch_client import BatchClientHook
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.providers.amazon.aws.sensors.batch import BatchSensor

from tests.integration.clients.airflow_context import connection, context
from tests.integration.cloud import Cloud
from tests.integration.scripts import scripted


@pytest.fixture
def connected(stage: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The Region of the connection ``aws_default``."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", connection(stage.url, stage.region))
    # The hook's documentation tells to set these; it waits up to ten seconds between two looks otherwise.
    monkeypatch.setattr(BatchClientHook, "DEFAULT_DELAY_MIN", 0)
    monkeypatch.setattr(BatchClientHook, "DEFAULT_DELAY_MAX", 0)
    return stage


def operator(**overrides: object) -> BatchOperator:
    return BatchOperator(
        task_id="run",
        job_name="from-airflow",
        job_queue="q",
        job_definition="d",
        container_overrides=scripted({"log": ["hello"], **overrides}),
        deferrable=False,
    )


def test_an_operator_waits_for_its_job(connected: Cloud) -> None:
    job_id = operator().execute(context())

    job = connected.describe(job_id)
    assert (job["status"], job["jobName"]) == ("SUCCEEDED", "from-airflow")


def test_an_operator_fails_with_its_job(connected: Cloud) -> None:
    with pytest.raises(AirflowException, match="Essential container in task exited"):
        operator(exit_code=3).execute(context())


def test_an_operator_runs_an_array(connected: Cloud) -> None:
    array = operator()
    array.array_properties = {"size": 3}

    job_id = array.execute(context())

    assert connected.describe(job_id)["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3


def test_an_operator_terminates_its_job_when_it_is_killed(connected: Cloud) -> None:
    running = operator(duration_seconds=10**6)
    running.wait_for_completion = False
    job_id = running.execute(context())
    connected.wait(job_id, "RUNNING")

    running.on_kill()

    assert connected.wait(job_id)["statusReason"] == "Task killed by the user"


def test_a_sensor_sees_the_end_of_a_job(connected: Cloud) -> None:
    job_id = connected.submit(containerOverrides=scripted({"duration_seconds": 1}))

    BatchSensor(task_id="wait", job_id=job_id, poke_interval=0.1, deferrable=False).execute(context())

    assert connected.describe(job_id)["status"] == "SUCCEEDED"


def test_a_sensor_fails_with_a_failed_job(connected: Cloud) -> None:
    job_id = connected.run(containerOverrides=scripted({"exit_code": 1}))["jobId"]

    with pytest.raises(AirflowException, match="FAILED"):
        BatchSensor(task_id="wait", job_id=job_id, deferrable=False).execute(context())
