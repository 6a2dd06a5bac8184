"""The front of a queue, and since when each job has had its position."""

from airflow_batch_provider.local.lifecycle.capacity import JobQueue
from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.lifecycle.retries import RetryStrategy
from tests.local.simulation import START_MS, Simulation

LIMIT = 100


def front(simulation: Simulation, queue: JobQueue, limit: int = LIMIT) -> list[tuple[Job, float]]:
    """Return the first jobs, each with the time of its position in seconds after the start."""
    entries = simulation.region.scheduler.front_of(queue, simulation.now, limit)
    return [(job, (since - START_MS) / 1000) for job, since in entries]


def test_jobs_are_in_the_order_of_submission(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    jobs = [simulation.submit(queue) for _ in range(5)]
    simulation.settle()

    assert [job for job, _ in front(simulation, queue)] == jobs[1:]
    assert [job for job, _ in front(simulation, queue, limit=2)] == jobs[1:3]


def test_a_job_that_moves_up_has_a_new_time(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    first, second = simulation.submit(queue), simulation.submit(queue)
    simulation.settle()
    simulation.pass_seconds(10)
    third = simulation.submit(queue)
    simulation.settle()
    before = front(simulation, queue)
    simulation.pass_seconds(10)

    simulation.end(first)

    assert before == [(second, 0), (third, 10)]
    assert front(simulation, queue) == [(third, 20)]


def test_only_jobs_after_a_cancelled_job_move_up(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    _, second, third, fourth = (simulation.submit(queue) for _ in range(4))
    simulation.settle()
    simulation.pass_seconds(10)

    simulation.region.lifecycle.cancel(third, "not needed", simulation.now)
    simulation.settle()

    assert front(simulation, queue) == [(second, 0), (fourth, 10)]


def test_a_retried_job_moves_the_others_back(simulation: Simulation) -> None:
    environment = simulation.environment(vcpus=1)
    queue = simulation.queue("q", environment)
    retried = simulation.submit(queue, retry=RetryStrategy(attempts=2))
    second = simulation.submit(queue)
    simulation.settle()
    simulation.pass_seconds(10)
    environment.is_enabled = False

    simulation.end(retried, 1)

    assert front(simulation, queue) == [(retried, 10), (second, 10)]


def test_shares_are_in_the_order_of_placement(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1)
    blocker = simulation.submit(queue, share_identifier="a")
    simulation.settle()
    for share in "aabb":
        simulation.submit(queue, share_identifier=share)
    simulation.settle()

    order = [job.spec.share_identifier for job, _ in front(simulation, queue)]

    assert blocker.status == "RUNNING"
    assert order == ["b", "a", "b", "a"]


def test_the_next_job_is_placed_when_the_blocked_head_is_cancelled(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=4))
    blocked, small = simulation.submit(queue, vcpus=5), simulation.submit(queue)
    simulation.settle()

    simulation.region.lifecycle.cancel(blocked, "not needed", simulation.now)
    simulation.settle()

    assert small.status == "RUNNING"
