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
    trigger = getattr(import_module(module), name)(**{**arguments, "poll_interval_seconds": 0.01})

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
def test_resources_are_made_and_deleted(batch, deferrable):
    made, waits = run(operator(BatchApplyResourcesOperator, resources=RESOURCES, deferrable=deferrable))
    there = what_is_there(batch)
    gone, _ = run(operator(BatchDeleteResourcesOperator, resources=RESOURCES, deferrable=deferrable))

    assert (made, gone) == (CREATED, DELETED)
    assert there == ["hosts", "etl", "step"]
    assert what_is_there(batch) == []
    assert (waits > 0) is deferrable


def test_made_again_they_are_left_alone(batch):
    run(operator(BatchApplyResourcesOperator, resources=RESOURCES))

    made, waits = run(operator(BatchApplyResourcesOperator, resources=RESOURCES))

    assert (made, waits) == ([], 0)


def test_the_resources_of_a_spec_belong_to_its_workflow(batch, tmp_path):
    file = tmp_path / "nightly.yaml"
    file.write_text(
        "workflow: nightly\njobs: {a: {job_queue: etl, job_definition: step}}\n"
        "resources: {scheduling_policies: {fair: {}}}\n"
    )

    run(operator(BatchApplyResourcesOperator, workflow=file))

    (listed,) = batch.list_scheduling_policies()["schedulingPolicies"]
    (policy,) = batch.describe_scheduling_policies(arns=[listed["arn"]])["schedulingPolicies"]
    assert policy["tags"] == {"managed-by": "airflow-batch/nightly"}


def test_those_of_a_dag_belong_to_the_dag(batch):
    with DAG("throw_away"):
        task = operator(BatchApplyResourcesOperator, resources=RESOURCES)

    run(task)

    (queue,) = batch.describe_job_queues(jobQueues=["etl"])["jobQueues"]
    assert queue["tags"] == {"managed-by": "airflow-batch/throw_away"}


def test_a_try_takes_up_what_the_one_before_has_begun(batch, local_batch):  # noqa: F811
    local_batch.inject_fault(operation="CreateJobQueue", kind="throttle", times=None)
    with pytest.raises(Exception, match="Too Many Requests"):
        run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    local_batch.clear_faults_and_scripts()

    made, _ = run(operator(BatchApplyResourcesOperator, resources=RESOURCES))

    assert made == CREATED[1:]


def test_what_others_have_made_and_differs_fails_without_a_retry(batch):
    with DAG("one"):
        run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    changed = {**RESOURCES, "job_queues": {"etl": {**RESOURCES["job_queues"]["etl"], "priority": 2}}}

    with DAG("other"), pytest.raises(AirflowFailException, match="job queue 'etl' differs in priority"):
        run(operator(BatchApplyResourcesOperator, resources=changed))


@pytest.mark.parametrize("arguments", [{}, {"resources": RESOURCES, "workflow": "x.yaml"}, {"resources": {}}])
def test_it_must_be_said_what_is_needed(arguments):
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
def test_a_sensor_waits_until_a_resource_is_valid(batch, sensor, name, deferrable):
    run(operator(BatchApplyResourcesOperator, resources=RESOURCES))
    batch.update_compute_environment(computeEnvironment="hosts", computeResources={"maxvCpus": 5})
    batch.update_job_queue(jobQueue="etl", priority=3)

    task = operator(sensor, **name, deferrable=deferrable, poke_interval=0.01)

    assert run(task)[0] is None


def test_a_sensor_of_what_is_not_there_fails(batch):
    with pytest.raises(AirflowFailException, match="there is no job queue 'nowhere'; create it"):
        run(operator(BatchJobQueueSensor, job_queue="nowhere"))


def test_a_wait_that_failed_can_be_tried_again():
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
