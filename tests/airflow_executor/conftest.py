"""A real Airflow that runs its tasks as jobs in the local AWS Batch with the amazon provider's executor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.account import aws_client
from harness.airflow_processes import AirflowProcesses
from harness.airflow_settings import AirflowSettings
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.process_environment import REGION

EXECUTOR = "airflow.providers.amazon.aws.executors.batch.batch_executor.AwsBatchExecutor"
QUEUE = DEFINITION = "airflow"


@pytest.fixture(scope="module")
def lifeline() -> Iterator[Lifeline]:
    """Stops the processes even if pytest is killed."""
    line = Lifeline()
    yield line
    line.release()


@pytest.fixture(scope="module")
def local_batch(tmp_path_factory: pytest.TempPathFactory, lifeline: Lifeline) -> Iterator[LocalBatchProcess]:
    """A local AWS Batch whose jobs find Airflow's Python in their PATH."""
    with LocalBatchProcess(tmp_path_factory.mktemp("batch"), lifeline=lifeline) as batch:
        yield batch


@pytest.fixture(scope="module")
def airflow(
    tmp_path_factory: pytest.TempPathFactory, local_batch: LocalBatchProcess, lifeline: Lifeline
) -> Iterator[AirflowProcesses]:
    """An Airflow whose only workers are AWS Batch jobs."""
    settings = AirflowSettings(
        home=tmp_path_factory.mktemp("home"),
        dags_folder=Path(__file__).with_name("dags"),
        aws_endpoint_url=local_batch.url,
        environment={
            "AIRFLOW__CORE__EXECUTOR": EXECUTOR,
            "AIRFLOW__AWS_BATCH_EXECUTOR__CONN_ID": "aws_default",
            "AIRFLOW__AWS_BATCH_EXECUTOR__REGION_NAME": REGION,
            "AIRFLOW__AWS_BATCH_EXECUTOR__JOB_NAME": "airflow-task",
            "AIRFLOW__AWS_BATCH_EXECUTOR__JOB_QUEUE": QUEUE,
            "AIRFLOW__AWS_BATCH_EXECUTOR__JOB_DEFINITION": DEFINITION,
            "AIRFLOW__AWS_BATCH_EXECUTOR__SUBMIT_JOB_KWARGS": "{}",
        },
    )
    processes = AirflowProcesses(settings, lifeline=lifeline)
    create_account(local_batch.url, processes.environment)
    with processes:
        yield processes


def create_account(url: str, environment: dict[str, str]) -> None:
    """Create a job queue and a job definition whose containers can reach Airflow's API."""
    batch = aws_client("batch", url)
    batch.create_compute_environment(
        computeEnvironmentName="airflow", type="MANAGED", computeResources={"type": "EC2", "maxvCpus": 4}
    )
    order = [{"order": 1, "computeEnvironment": "airflow"}]
    batch.create_job_queue(jobQueueName=QUEUE, priority=1, computeEnvironmentOrder=order)
    variables = {name: value for name, value in environment.items() if name.startswith("AIRFLOW")}
    batch.register_job_definition(
        jobDefinitionName=DEFINITION,
        type="container",
        containerProperties={
            "image": "airflow",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1024"}],
            "environment": [{"name": name, "value": value} for name, value in variables.items()],
        },
    )
