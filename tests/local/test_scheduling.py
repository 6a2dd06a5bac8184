from airflow_batch_provider.local.lifecycle.capacity import ResourceStatus
from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from tests.local.simulation import Simulation, statuses


def test_a_queue_is_first_in_first_out(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    jobs = [simulation.submit(queue) for _ in range(3)]
    simulation.settle()

    for job in jobs:
        simulation.end(job)

    assert simulation.started == jobs


def test_the_vcpus_of_a_compute_environment_limit_running_jobs(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=4))
    jobs = [simulation.submit(queue, vcpus=2) for _ in range(3)]
    simulation.settle()
    before = statuses(*jobs)

    simulation.end(jobs[0])

    assert before == ["RUNNING", "RUNNING", "RUNNABLE"]
    assert jobs[2].status is JobStatus.RUNNING


def test_a_large_head_blocks_the_jobs_after_it(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=4))
    running = simulation.submit(queue, vcpus=3)
    large, small = simulation.submit(queue, vcpus=2), simulation.submit(queue, vcpus=1)

    simulation.settle()

    assert statuses(running, large, small) == ["RUNNING", "RUNNABLE", "RUNNABLE"]


def test_a_blocked_queue_does_not_block_another(simulation: Simulation) -> None:
    environment = simulation.environment(vcpus=4)
    high = simulation.queue("high", environment, priority=10)
    low = simulation.queue("low", environment, priority=1)
    simulation.submit(high, vcpus=3)
    blocked = simulation.submit(high, vcpus=2)
    small = simulation.submit(low, vcpus=1)

    simulation.settle()

    assert statuses(blocked, small) == ["RUNNABLE", "RUNNING"]


def test_free_capacity_goes_to_the_queue_of_higher_priority(simulation: Simulation) -> None:
    environment = simulation.environment(vcpus=1)
    low = simulation.queue("low", environment, priority=1)
    high = simulation.queue("high", environment, priority=10)
    running = simulation.submit(low)
    simulation.settle()
    of_low, of_high = simulation.submit(low), simulation.submit(high)
    simulation.settle()

    simulation.end(running)

    assert statuses(of_low, of_high) == ["RUNNABLE", "RUNNING"]


def test_compute_environments_are_filled_in_their_order_and_refilled(simulation: Simulation) -> None:
    first, second = simulation.environment("first", 1), simulation.environment("second", 1)
    queue = simulation.queue("q", first, second)
    jobs = [simulation.submit(queue) for _ in range(3)]
    simulation.settle()

    simulation.end(jobs[0])

    placed = [job.latest_attempt.environment if job.latest_attempt else None for job in jobs]
    assert placed == [first, second, first]


def test_a_disabled_compute_environment_takes_no_jobs(simulation: Simulation) -> None:
    first, second = simulation.environment("first"), simulation.environment("second")
    first.is_enabled = False
    job = simulation.submit(simulation.queue("q", first, second))

    simulation.settle()

    assert job.current is not None
    assert job.current.environment is second


def test_a_job_that_no_compute_environment_can_hold_says_so_and_stays(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=4))
    job = simulation.submit(queue, vcpus=5)

    simulation.settle()

    assert job.status is JobStatus.RUNNABLE
    assert job.status_reason is not None
    assert job.status_reason.startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - ")


def test_a_compute_environment_that_grows_takes_the_job_that_waited(simulation: Simulation) -> None:
    environment = simulation.environment(vcpus=4)
    job = simulation.submit(simulation.queue("q", environment), vcpus=5)
    simulation.settle()

    environment.capacity = 8000
    simulation.region.resource_changed(environment)
    simulation.settle()

    assert (job.status, job.status_reason) == (JobStatus.RUNNING, None)


def test_the_host_limits_all_compute_environments_together() -> None:
    simulation = Simulation(host_vcpus=2)
    queues = [simulation.queue(name, simulation.environment(f"ce-{name}")) for name in ("a", "b")]
    jobs = [simulation.submit(queue) for queue in queues for _ in range(2)]
    simulation.settle()
    before = statuses(*jobs)

    simulation.end(jobs[0])

    assert before == ["RUNNING", "RUNNING", "RUNNABLE", "RUNNABLE"]
    assert statuses(*jobs) == ["SUCCEEDED", "RUNNING", "RUNNING", "RUNNABLE"]


def test_a_job_larger_than_the_host_gets_it_when_it_is_idle() -> None:
    simulation = Simulation(host_vcpus=2)
    queue = simulation.queue()
    small, large = simulation.submit(queue), simulation.submit(queue, vcpus=4)
    simulation.settle()
    before = large.status

    simulation.end(small)

    assert (before, large.status) == (JobStatus.RUNNABLE, JobStatus.RUNNING)


def test_deleting_a_queue_ends_its_jobs(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=1))
    running, waiting = simulation.submit(queue), simulation.submit(queue)
    pending, array = simulation.submit(queue, running), simulation.submit(queue, array_size=2)
    simulation.settle()

    queue.status = ResourceStatus.DELETING
    simulation.region.resource_changed(queue)
    simulation.settle()
    while_one_runs = simulation.region.find_queue("q")
    simulation.end(running, 137)
    simulation.settle()

    assert while_one_runs is queue
    assert simulation.region.find_queue("q") is None
    assert {job.status_reason for job in (running, waiting, pending)} == {"JobQueue deleted"}
    assert array.status_reason == "Array Child Job failed"


def test_work_can_be_done_in_portions(simulation: Simulation) -> None:
    queue = simulation.queue()
    jobs = [simulation.submit(queue) for _ in range(10)]

    has_more = simulation.region.advance(simulation.now, 3)

    assert has_more
    assert sum(job.status is JobStatus.SUBMITTED for job in jobs) == 7
