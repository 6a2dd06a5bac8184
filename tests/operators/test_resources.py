"""Making and deleting resources in Airflow, on the local Batch."""

import asyncio
from importlib import import_module

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.local.pytest_plugin import (  # noqa: F401
    local_batch,
    local_batch_options,
    local_batch_server,
)
from airflow_batch_provider.operators.batch import (
    BatchApplyResourcesOperator,
    BatchDeleteResourcesOperator,
    BatchTerminateJobsOperator,
)
from airflow_batch_provider.sensors.resources import BatchComputeEnvironmentSensor, BatchJobQueueSensor

RESOURCES = {
    "compute_environments": {
        "hosts": {"compute_resources": {"type": "EC2", "min_vcpus": 0, "max_vcpus": 4, "subnets": ["s"]}}
    },
    "job_queues": {"etl": {"priority": 1, "compute_environment_order": ["hosts"]}},
    "job_definitions": {"step": {"image": "busybox", "command": ["true"], "vcpus": 1, "memory": "512MiB"}},
}
CREATED = ["created compute environment 'hosts'", "created job queue 'etl'", "created job definition 'step'"]
DELETED = ["deleted job definition 'step'", "deleted job queue 'etl'", "deleted compute environment 'hosts'"]


@pytest.fixture
def batch(local_batch):  # noqa: F811
    return local_batch.client()


def operator(kind, **arguments):
    return kind(task_id="task", aws_conn_id=None, **arguments)


def run(task):
    """Run a task to its end, also through the triggerer; its result, and how often it was deferred."""
    deferrals = 0
    try:
        return task.execute({}), deferrals
    except TaskDeferred as deferred:
        while True:
            deferrals += 1
            try:
                return _resumed(task, deferred), deferrals
            except TaskDeferred as again:
                deferred = again


def _resumed(task, deferred):
    path, arguments = deferred.trigger.serialize()
    module, _, name = path.rpartition(".")
    trigger = getattr(import_module(module), name)(**arguments, sleep=lambda _seconds: asyncio.sleep(0.01))

    async def first_event():
        return await asyncio.wait_for(anext(trigger.run()), 120)

    event = asyncio.run(first_event())
    return getattr(task, deferred.method_name)({}, event.payload, **(deferred.kwargs or {}))


def what_is_there(batch):
    environments = batch.describe_compute_environments()["computeEnvironments"]
    definitions = batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    return [
        *(each["computeEnvironmentName"] for each in environments),
        *(each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]),
        *(each["jobDefinitionName"] for each in definitions),
    ]


@pytest.mark.parametrize("deferrable", [True, False])
def test_resources_are_created_and_deleted(batch, deferrable):
    made, waits = run(operator(BatchApplyResourcesOperator, resources=RESOURCES, deferrable=deferrable))
    there = what_is_there(batch)
    gone, _ = run(operator(BatchDeleteResourcesOperator, resources=RESOURCES, deferrable=deferrable))

    assert (made, gone) == (CREATED, DELETED)
    assert there == ["hosts", "etl", "step"]
    assert what_is_there(batch) == []
    assert (waits > 0) is deferrable


def test_second_apply_changes_nothing(batch):
    run(operator(BatchApplyResourcesOperator, resources=RESOURCES))

    made, waits = run(operator(BatchApplyResourcesOperator, resources=RESOURCES))

    assert (made, waits) == ([], 0)


def test_workflow_owns_resources_of_spec(batch, tmp_path):
    file = tmp_path / "nightly.yaml"
    file.write_text(
        "workflow: nightly\njobs: {a: {job_queue: etl, job_definition: step}}\n"
        "resources: {scheduling_policies: {fair: {}}}\n"
    )

    run(operator(BatchApplyResourcesOperator, workflow=file))

    (listed,) = batch.list_scheduling_policies()["schedulingPolicies"]
    (policy,) = batch.describe_scheduling_policies(arns=[listed["arn"]])["schedulingPolicies"]
    assert policy["tags"] == {"managed-by": "airflow-batch/nightly"}


def test_dag_owns_resources_of_operator(batch):
    with DAG("throw_away"):
        task = operator(BatchApplyResourcesOperator, resources=RESOURCES)

    run(task)

    (queue,) = batch.describe_job_queues(jobQueues=["etl"])["jobQueues"]
    assert queue["tags"] == {"managed-by": "airflow-batch/throw_away"}


def test_retry_continues_where_previous_try_stopped(batch, local_batch):  # noqa: F811
    local_batch.inject_fault(operation="CreateJobQueue", kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    local_batch.clear_faults_and_scripts()

    made, _ = run(operator(BatchApplyResourcesOperator, resources=RESOURCES))

    assert made == CREATED[1:]


def test_difference_of_other_owner_fails_without_retry(batch):
    with DAG("one"):
        run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    changed = {**RESOURCES, "job_queues": {"etl": {**RESOURCES["job_queues"]["etl"], "priority": 2}}}

    with DAG("other"), pytest.raises(AirflowFailException, match="job queue 'etl' differs in priority"):
        run(operator(BatchApplyResourcesOperator, resources=changed))


@pytest.mark.parametrize("arguments", [{}, {"resources": RESOURCES, "workflow": "x.yaml"}, {"resources": {}}])
def test_workflow_or_resources_are_required(arguments):
    with pytest.raises(SpecError):
        operator(BatchApplyResourcesOperator, **arguments)


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize(
    ("sensor", "name"),
    [
        (BatchComputeEnvironmentSensor, {"compute_environment": "hosts"}),
        (BatchJobQueueSensor, {"job_queue": "etl"}),
    ],
)
def test_sensor_waits_until_resource_is_valid(batch, sensor, name, deferrable):
    run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    batch.update_compute_environment(computeEnvironment="hosts", computeResources={"maxvCpus": 5})
    batch.update_job_queue(jobQueue="etl", priority=3)

    task = operator(sensor, **name, deferrable=deferrable, poke_interval=0.01)

    assert run(task)[0] is None


def test_sensor_fails_if_resource_does_not_exist(batch):
    with pytest.raises(AirflowFailException, match="job queue 'nowhere' does not exist; create it"):
        run(operator(BatchJobQueueSensor, job_queue="nowhere"))


def test_failed_wait_can_be_retried():
    task = operator(BatchApplyResourcesOperator, resources=RESOURCES)

    with pytest.raises(AirflowException, match="no credentials") as caught:
        task.resume({}, {"error": "no credentials", "retryable": True}, done=[])

    assert not isinstance(caught.value, AirflowFailException)


def test_jobs_are_terminated(batch, local_batch):  # noqa: F811
    run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    local_batch.script({"job_name": "*", "duration_seconds": 3600})
    ids = [batch.submit_job(jobName="long", jobQueue="etl", jobDefinition="step")["jobId"] for _ in range(3)]

    operator(BatchTerminateJobsOperator, job_id=ids[:2], reason="enough").execute({})

    assert [local_batch.wait(job_id)["statusReason"] for job_id in ids[:2]] == ["enough", "enough"]
    assert batch.describe_jobs(jobs=ids[2:])["jobs"][0]["status"] != "FAILED"
