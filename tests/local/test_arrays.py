from airflow_batch_provider.local.lifecycle.jobs import Job, JobStatus
from airflow_batch_provider.local.lifecycle.messages import AttemptEnd
from tests.local.simulation import Simulation, children_of, statuses


def counts(array: Job) -> dict[str, int]:
    assert array.progress is not None
    return {status.value: number for status, number in array.progress.counts.items() if number}


def test_an_array_job_is_pending_until_it_ends(
    simulation: Simulation,
) -> None:
    array = simulation.submit(simulation.queue(), array_size=2)
    simulation.settle()

    for child in children_of(array):
        simulation.end(child)

    assert simulation.statuses_of(array) == ["SUBMITTED", "PENDING", "SUCCEEDED"]
    assert array.status_reason is None


def test_children_are_created_pending_once_the_dependencies_are_met(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    array = simulation.submit(queue, first, array_size=2)
    simulation.settle()
    simulation.pass_seconds(9)

    simulation.end(first)

    assert simulation.statuses_of(children_of(array)[0])[0] == "PENDING"
    assert children_of(array)[0].created_at == simulation.now


def test_the_parent_fails_only_when_all_children_have_ended(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue(), array_size=3)
    simulation.settle()

    simulation.end(children_of(array)[1], 1)
    meanwhile = statuses(array, *children_of(array))
    simulation.end(children_of(array)[0])
    simulation.end(children_of(array)[2])

    assert meanwhile == ["PENDING", "RUNNING", "FAILED", "RUNNING"]
    assert (array.status, array.status_reason) == (JobStatus.FAILED, "Array Child Job failed")
    assert array.attempts == ()


def test_the_summary_counts_all_seven_statuses(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue("q", simulation.environment(vcpus=2)), array_size=5)
    simulation.settle()

    simulation.end(children_of(array)[0], 1)
    simulation.end(children_of(array)[1])

    assert array.progress is not None
    assert set(array.progress.counts) == set(JobStatus)
    assert counts(array) == {"SUCCEEDED": 1, "FAILED": 1, "RUNNING": 2, "RUNNABLE": 1}


def test_the_summary_is_empty_before_children_exist(simulation: Simulation) -> None:
    queue = simulation.queue()
    array = simulation.submit(queue, simulation.submit(queue), array_size=5)

    simulation.settle()

    assert counts(array) == {}


def test_children_are_placed_in_the_order_of_their_index(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue("q", simulation.environment(vcpus=1)), array_size=3)
    simulation.settle()

    for child in children_of(array):
        simulation.end(child)

    assert [job.index for job in simulation.started] == [0, 1, 2]


def test_each_child_has_attempts_of_its_own(simulation: Simulation, two_attempts: dict[str, object]) -> None:
    array = simulation.submit(simulation.queue(), array_size=2, **two_attempts)
    simulation.settle()
    first, second = children_of(array)

    simulation.end(first, 1)
    simulation.end(first)
    simulation.end(second)

    assert (len(first.attempts), len(second.attempts)) == (2, 1)
    assert array.status is JobStatus.SUCCEEDED


def test_children_are_found_by_their_ids(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue(), array_size=2)
    simulation.settle()

    assert simulation.region.find_job(f"{array.job_id}:1") is children_of(array)[1]
    assert simulation.region.find_job(f"{array.job_id}:2") is None
    assert simulation.region.find_job(f"{array.job_id}:01") is None
    assert simulation.region.find_job(f"{array.job_id}:x") is None


def test_children_admitted_in_batches_run_through_n_to_n_dependencies(simulation: Simulation) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=None))
    first = simulation.submit(queue, array_size=50)
    second = simulation.submit(queue, array_size=50, is_sequential=True, n_to_n_dependencies=(first,))
    lifecycle = simulation.region.lifecycle

    has_more = True
    while has_more or lifecycle.commands:
        has_more = simulation.region.advance(simulation.now, 3)
        while lifecycle.commands:
            job = lifecycle.commands.popleft().job
            assert job.current is not None
            lifecycle.attempts.started(job, job.current, simulation.now)
            lifecycle.attempts.ended(job, job.current, AttemptEnd(0), simulation.now)
            has_more = True

    assert statuses(first, second) == ["SUCCEEDED", "SUCCEEDED"]


def test_a_child_terminated_before_its_admission_never_runs(simulation: Simulation) -> None:
    queue = simulation.queue()
    array = simulation.submit(queue, array_size=50)
    simulation.region.advance(simulation.now, 10)
    last = children_of(array)[-1]

    simulation.region.lifecycle.terminate(last, "not needed", simulation.now)
    simulation.settle()

    assert (last.status, last.status_reason, last.attempts) == (JobStatus.FAILED, "not needed", ())
