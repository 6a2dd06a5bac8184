"""Where the jobs of tasks are, from arguments that may be mapped or come from other tasks."""

import pytest
from airflow.sdk import DAG, task

from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.sweep.jobs import JobSource, sources_of
from airflow_batch_provider.sweep.task_queues import ANY_QUEUE
from tests.airflow_versions import DagSerialization, serializes_references_as_templates


@task
def other() -> list[str]:
    return []


@pytest.fixture(params=["written", "stored"])
def sources(request):
    """Find the jobs of a DAG as the author wrote it, and as Airflow's database stores it."""

    def of(dag: DAG) -> list[JobSource]:
        stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        return sources_of((dag if request.param == "written" else stored).tasks)

    return of


def mapped(**arguments):
    return BatchJobOperator.partial(task_id="align", job_definition="d", **arguments)


def test_queues_and_keys_that_a_task_is_mapped_over(sources):
    with DAG("d", schedule=None) as dag:
        mapped(backfill={"job_queue": "low"}).expand(job_queue=["etl", "gpu"], job_key=["one", "two"])

    assert sources(dag) == [JobSource(AwsConnection(), ("etl", "low", "gpu"), {"align": ["one", "two"]})]


def test_connections_that_a_task_is_mapped_over(sources):
    with DAG("d", schedule=None) as dag:
        mapped(job_queue="etl").expand(region_name=["eu-west-1", "us-east-1"])

    found = sources(dag)

    assert [source.connection.region_name for source in found] == ["eu-west-1", "us-east-1"]
    assert [source.job_queues for source in found] == [("etl",), ("etl",)]


def test_keywords_that_a_task_is_mapped_over(sources):
    with DAG("d", schedule=None) as dag:
        mapped().expand_kwargs([{"job_queue": "etl"}, {"job_queue": "gpu", "region_name": "us-east-1"}, {}])

    assert sources(dag) == [
        JobSource(AwsConnection(), ("etl",), {"align": ["align"]}),
        JobSource(AwsConnection(region_name="us-east-1"), ("gpu",), {"align": ["align"]}),
    ]


@pytest.mark.parametrize("kind", ["expand", "expand_kwargs"])
def test_queue_that_another_task_chooses_may_be_any(sources, kind):
    with DAG("d", schedule=None) as dag:
        if kind == "expand":
            mapped().expand(job_queue=other())
        else:
            mapped().expand_kwargs(other())

    assert sources(dag) == [JobSource(AwsConnection(), (ANY_QUEUE,), {"align": ["align"]})]


def test_connection_and_job_key_that_another_task_chooses_are_unknown(sources):
    with DAG("d", schedule=None) as dag:
        mapped(job_queue="etl").expand(aws_conn_id=other())
        BatchJobOperator.partial(task_id="load", job_definition="d", job_queue="gpu").expand(job_key=other())

    assert sources(dag) == [JobSource(AwsConnection(), ("gpu",), {"load": []})]


@serializes_references_as_templates
def test_queue_of_a_task_may_be_another_tasks_output(sources):
    with DAG("d", schedule=None) as dag:
        BatchJobOperator(task_id="align", job_definition="d", job_queue=other())

    ((queue,),) = [source.job_queues for source in sources(dag)]

    assert queue.startswith("{{ ")


def test_tasks_that_only_submit_or_only_adopt_are_left_out(sources):
    with DAG("d", schedule=None) as dag:
        submit = BatchSubmitJobOperator.partial(task_id="submit", job_definition="d").expand(
            job_queue=["etl"]
        )
        BatchJobOperator.partial(task_id="follow").expand(adopt=submit.output)

    assert sources(dag) == []
