"""Consumable resources: which jobs hold them, and which jobs wait for them."""

from airflow_batch_provider.local.lifecycle.consumables import ConsumableRequirement, ConsumableResource
from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from airflow_batch_provider.local.lifecycle.retries import RetryStrategy
from tests.local.simulation import START_MS, Simulation, statuses


def licenses(total: int, *, is_replenishable: bool = True) -> ConsumableResource:
    return ConsumableResource("license", "arn:license", is_replenishable, total, START_MS)


def test_a_job_waits_until_its_requirement_is_released(simulation: Simulation) -> None:
    resource = licenses(3)
    queue = simulation.queue()
    jobs = [
        simulation.submit(queue, consumable_requirements=(ConsumableRequirement(resource, 2),))
        for _ in range(2)
    ]
    simulation.settle()
    before = statuses(*jobs)
    in_use = resource.in_use

    simulation.end(jobs[0])

    assert before == ["RUNNING", "RUNNABLE"]
    assert in_use == 2
    assert jobs[1].status is JobStatus.RUNNING


def test_a_job_waits_for_all_that_it_needs(simulation: Simulation) -> None:
    plenty, nothing = licenses(10), licenses(0)
    job = simulation.submit(
        simulation.queue(),
        consumable_requirements=(ConsumableRequirement(plenty, 1), ConsumableRequirement(nothing, 1)),
    )

    simulation.settle()

    assert job.status is JobStatus.RUNNABLE
    assert plenty.in_use == 0


def test_a_non_replenishable_resource_is_consumed(simulation: Simulation) -> None:
    resource = licenses(3, is_replenishable=False)
    queue = simulation.queue()
    jobs = [
        simulation.submit(queue, consumable_requirements=(ConsumableRequirement(resource, 2),))
        for _ in range(2)
    ]
    simulation.settle()

    simulation.end(jobs[0])

    assert statuses(*jobs) == ["SUCCEEDED", "RUNNABLE"]
    assert (resource.total, resource.in_use, resource.available) == (1, 0, 1)


def test_a_retried_job_acquires_it_again(simulation: Simulation) -> None:
    resource = licenses(1)
    job = simulation.submit(
        simulation.queue(),
        consumable_requirements=(ConsumableRequirement(resource, 1),),
        retry=RetryStrategy(attempts=2),
    )
    simulation.settle()

    simulation.end(job, 1)
    simulation.end(job, 0)

    assert job.status is JobStatus.SUCCEEDED
    assert resource.in_use == 0


def test_a_resource_is_shared_between_queues(simulation: Simulation) -> None:
    resource = licenses(1)
    queues = [simulation.queue(name, simulation.environment(f"ce-{name}")) for name in ("a", "b")]
    jobs = [
        simulation.submit(queue, consumable_requirements=(ConsumableRequirement(resource, 1),))
        for queue in queues
    ]
    simulation.settle()

    simulation.end(jobs[0])

    assert statuses(*jobs) == ["SUCCEEDED", "RUNNING"]


def test_a_resource_that_grows_takes_the_job_that_waited(simulation: Simulation) -> None:
    resource = licenses(0)
    job = simulation.submit(simulation.queue(), consumable_requirements=(ConsumableRequirement(resource, 1),))
    simulation.settle()

    resource.total = 1
    simulation.region.scheduler.reconsider(simulation.region.scheduler.queues.values())
    simulation.settle()

    assert job.status is JobStatus.RUNNING


def test_children_hold_one_each(simulation: Simulation) -> None:
    resource = licenses(2)
    array = simulation.submit(
        simulation.queue(), array_size=4, consumable_requirements=(ConsumableRequirement(resource, 1),)
    )

    simulation.settle()

    assert array.children is not None
    assert statuses(*array.children) == ["RUNNING", "RUNNING", "RUNNABLE", "RUNNABLE"]
