import pytest

from airflow_batch_provider.local.lifecycle.jobs import JobStatus
from tests.local.simulation import Simulation, children_of, statuses

PENDING, RUNNING, SUCCEEDED, FAILED = (
    JobStatus.PENDING,
    JobStatus.RUNNING,
    JobStatus.SUCCEEDED,
    JobStatus.FAILED,
)


def test_a_job_waits_in_pending_until_all_dependencies_have_succeeded(simulation: Simulation) -> None:
    queue = simulation.queue()
    first, second = simulation.submit(queue), simulation.submit(queue)
    job = simulation.submit(queue, first, second)
    simulation.settle()

    simulation.end(first)
    after_one = job.status
    simulation.end(second)

    assert (after_one, job.status) == (PENDING, RUNNING)
    assert simulation.statuses_of(job) == ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"]


def test_a_dependency_that_has_succeeded_before_is_met_at_once(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    simulation.settle()
    simulation.end(first)

    job = simulation.submit(queue, first)
    simulation.settle()

    assert simulation.statuses_of(job)[:2] == ["SUBMITTED", "RUNNABLE"]


def test_a_dependency_that_has_failed_before_fails_the_job(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    simulation.settle()
    simulation.end(first, 1)

    job = simulation.submit(queue, first)
    simulation.settle()

    assert (job.status, job.status_reason) == (FAILED, "Dependent Job failed")


def test_a_failure_propagates_along_the_chain(simulation: Simulation) -> None:
    queue = simulation.queue()
    chain = [simulation.submit(queue)]
    for _ in range(3000):
        chain.append(simulation.submit(queue, chain[-1]))
    simulation.settle()

    simulation.end(chain[0], 1)

    assert set(statuses(*chain)) == {FAILED}
    assert {job.status_reason for job in chain[1:]} == {"Dependent Job failed"}


def test_a_job_fails_with_its_first_failed_dependency_while_others_still_run(simulation: Simulation) -> None:
    queue = simulation.queue()
    first, second = simulation.submit(queue), simulation.submit(queue)
    job = simulation.submit(queue, first, second)
    simulation.settle()

    simulation.end(first, 1)

    assert statuses(second, job) == [RUNNING, FAILED]


def test_a_failed_attempt_with_attempts_left_fails_no_dependents(
    simulation: Simulation, two_attempts: dict[str, object]
) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue, **two_attempts)
    job = simulation.submit(queue, first)
    simulation.settle()

    simulation.end(first, 1)
    between = job.status
    simulation.end(first)

    assert (between, job.status) == (PENDING, RUNNING)


def test_a_job_that_names_a_dependency_twice_waits_for_it_once(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    job = simulation.submit(queue, first, first)
    simulation.settle()

    simulation.end(first)

    assert job.status is RUNNING


def test_an_array_holds_all_children_until_its_plain_dependency_is_met(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue)
    array = simulation.submit(queue, first, array_size=3)
    simulation.settle()
    before = (array.status, array.children)

    simulation.end(first)

    assert before == (PENDING, None)
    assert statuses(*children_of(array)) == [RUNNING] * 3


def test_a_plain_dependency_on_an_array_waits_for_all_of_its_children(simulation: Simulation) -> None:
    queue = simulation.queue()
    array = simulation.submit(queue, array_size=2)
    job = simulation.submit(queue, array)
    simulation.settle()

    simulation.end(children_of(array)[0])
    after_one = job.status
    simulation.end(children_of(array)[1])

    assert (after_one, job.status) == (PENDING, RUNNING)


def test_a_plain_dependency_on_a_child_waits_for_that_child_only(simulation: Simulation) -> None:
    queue = simulation.queue()
    array = simulation.submit(queue, array_size=2)
    simulation.settle()
    job = simulation.submit(queue, children_of(array)[1])
    simulation.settle()

    simulation.end(children_of(array)[1])

    assert statuses(children_of(array)[0], job) == [RUNNING, RUNNING]


def test_n_to_n_starts_each_child_after_its_counterpart(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue, array_size=3)
    second = simulation.submit(queue, array_size=3, n_to_n_dependencies=(first,))
    simulation.settle()

    simulation.end(children_of(first)[1])

    assert statuses(*children_of(second)) == [PENDING, RUNNING, PENDING]


def test_n_to_n_fails_only_the_counterpart_of_a_failed_child(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue, array_size=2)
    second = simulation.submit(queue, array_size=2, n_to_n_dependencies=(first,))
    simulation.settle()

    simulation.end(children_of(first)[0], 1)
    simulation.end(children_of(first)[1])
    simulation.end(children_of(second)[1])

    assert statuses(*children_of(second), second) == [FAILED, SUCCEEDED, FAILED]
    assert children_of(second)[0].status_reason == "Dependent Job failed"
    assert second.status_reason == "Array Child Job failed"


def test_n_to_n_waits_for_the_counterpart_in_every_array(simulation: Simulation) -> None:
    queue = simulation.queue()
    first, second = simulation.submit(queue, array_size=2), simulation.submit(queue, array_size=2)
    third = simulation.submit(queue, array_size=2, n_to_n_dependencies=(first, second))
    simulation.settle()

    simulation.end(children_of(first)[0])
    after_one = children_of(third)[0].status
    simulation.end(children_of(second)[0])

    assert (after_one, children_of(third)[0].status) == (PENDING, RUNNING)


def test_n_to_n_on_an_array_that_waits_itself(simulation: Simulation) -> None:
    queue = simulation.queue()
    root = simulation.submit(queue)
    first = simulation.submit(queue, root, array_size=2)
    second = simulation.submit(queue, array_size=2, n_to_n_dependencies=(first,))
    simulation.settle()

    simulation.end(root)
    simulation.end(children_of(first)[0])

    assert statuses(*children_of(second)) == [RUNNING, PENDING]


def test_n_to_n_on_an_array_that_fails_before_it_has_children(simulation: Simulation) -> None:
    queue = simulation.queue()
    root = simulation.submit(queue)
    first = simulation.submit(queue, root, array_size=2)
    second = simulation.submit(queue, array_size=2, n_to_n_dependencies=(first,))
    simulation.settle()

    simulation.end(root, 1)

    assert statuses(first, second, *children_of(second)) == [FAILED] * 4
    assert first.status_reason == "Dependent Job failed"
    assert second.status_reason == "Array Child Job failed"


def test_n_to_n_on_an_array_that_has_ended(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue, array_size=2)
    simulation.settle()
    simulation.end(children_of(first)[0])
    simulation.end(children_of(first)[1], 1)

    second = simulation.submit(queue, array_size=2, n_to_n_dependencies=(first,))
    simulation.settle()

    assert statuses(*children_of(second)) == [RUNNING, FAILED]


def test_sequential_children_run_one_at_a_time(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue(), array_size=3, is_sequential=True)
    simulation.settle()
    seen = [statuses(*children_of(array))]

    for child in children_of(array):
        simulation.end(child)
        seen.append(statuses(*children_of(array)))

    assert seen == [
        [RUNNING, PENDING, PENDING],
        [SUCCEEDED, RUNNING, PENDING],
        [SUCCEEDED, SUCCEEDED, RUNNING],
        [SUCCEEDED, SUCCEEDED, SUCCEEDED],
    ]


def test_a_failed_child_of_a_sequential_array_fails_all_that_follow(simulation: Simulation) -> None:
    array = simulation.submit(simulation.queue(), array_size=10_000, is_sequential=True)
    simulation.settle()

    simulation.end(children_of(array)[0], 1)

    assert set(statuses(*children_of(array))) == {FAILED}
    assert children_of(array)[-1].status_reason == "Dependent Job failed"
    assert array.status is FAILED


def test_sequential_and_n_to_n_together(simulation: Simulation) -> None:
    queue = simulation.queue()
    first = simulation.submit(queue, array_size=2)
    second = simulation.submit(queue, array_size=2, is_sequential=True, n_to_n_dependencies=(first,))
    simulation.settle()

    simulation.end(children_of(first)[1])
    simulation.end(children_of(first)[0])
    with_first_running = statuses(*children_of(second))
    simulation.end(children_of(second)[0])

    assert with_first_running == [RUNNING, PENDING]
    assert statuses(*children_of(second)) == [SUCCEEDED, RUNNING]


@pytest.mark.parametrize("size", [2, 10_000])
def test_pipelines_of_any_size_run_through(simulation: Simulation, size: int) -> None:
    queue = simulation.queue("q", simulation.environment(vcpus=None))
    first = simulation.submit(queue, array_size=size)
    second = simulation.submit(queue, array_size=size, n_to_n_dependencies=(first,))
    simulation.settle()

    for array in (first, second):
        for child in children_of(array):
            simulation.end(child)

    assert statuses(first, second) == [SUCCEEDED, SUCCEEDED]
