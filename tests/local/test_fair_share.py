"""The order of shares in queues with a scheduling policy."""

from airflow_batch_provider.local.lifecycle.jobs import Job
from airflow_batch_provider.local.lifecycle.policies import SchedulingPolicy
from tests.local.simulation import Simulation, statuses


def shares_of(jobs: list[Job]) -> list[str | None]:
    return [job.spec.share_identifier for job in jobs]


def run_one_by_one(simulation: Simulation, number: int, seconds: int = 10) -> None:
    """Run each job for a while; only one fits at a time."""
    for _ in range(number):
        running = [job for job in simulation.started if job.current is not None]
        simulation.pass_seconds(seconds)
        simulation.end(running[0])


def test_shares_take_turns_regardless_of_submission_order(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1)
    for share in "aaabbb":
        simulation.submit(queue, share_identifier=share)
    simulation.settle()

    run_one_by_one(simulation, 6)

    assert shares_of(simulation.started) == ["a", "b", "a", "b", "a", "b"]


def test_shares_that_start_together_divide_the_room(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=4)
    for share in "aaaabbbb":
        simulation.submit(queue, share_identifier=share)

    simulation.settle()

    assert shares_of(simulation.started) == ["a", "b", "a", "b"]


def test_a_lower_weight_gets_more(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=6, weights={"a": 0.5})
    for share in "aaaaaabbbbbb":
        simulation.submit(queue, share_identifier=share)

    simulation.settle()

    assert sorted(map(str, shares_of(simulation.started))) == ["a"] * 4 + ["b"] * 2


def test_a_weight_holds_for_all_shares_that_begin_alike() -> None:
    policy = SchedulingPolicy("p", "arn:p", weights={"user*": 0.25, "batch": 2.0})

    weights = [policy.weight_of(share) for share in ("user", "userA", "batch", "batches", "other")]

    assert weights == [0.25, 0.25, 2.0, 1.0, 1.0]


def test_usage_is_vcpus_by_time(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=4)
    wide = simulation.submit(queue, share_identifier="wide", vcpus=4)
    simulation.settle()
    simulation.pass_seconds(10)
    simulation.end(wide)
    narrow = simulation.submit(queue, share_identifier="narrow", vcpus=1)
    simulation.settle()
    simulation.pass_seconds(20)
    waiting = [simulation.submit(queue, share_identifier=share, vcpus=4) for share in ("wide", "narrow")]

    simulation.end(narrow)

    assert statuses(*waiting) == ["RUNNABLE", "RUNNING"]


def test_past_usage_fades(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1, decay_seconds=60)
    early = simulation.submit(queue, share_identifier="early")
    simulation.settle()
    simulation.pass_seconds(600)
    simulation.end(early)
    simulation.pass_seconds(600)
    late = simulation.submit(queue, share_identifier="late")
    simulation.settle()
    simulation.pass_seconds(10)
    waiting = [simulation.submit(queue, share_identifier=share) for share in ("late", "early")]

    simulation.end(late)

    assert statuses(*waiting) == ["RUNNABLE", "RUNNING"]


def test_inside_a_share_the_higher_scheduling_priority_goes_first(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1)
    blocker = simulation.submit(queue, share_identifier="a")
    simulation.settle()
    jobs = [
        simulation.submit(queue, share_identifier="a", scheduling_priority=priority)
        for priority in (0, 9999, 5)
    ]
    simulation.settle()

    run_one_by_one(simulation, 4)

    assert simulation.started == [blocker, jobs[1], jobs[2], jobs[0]]


def test_scheduling_priority_does_not_count_between_shares(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1)
    blocker = simulation.submit(queue, share_identifier="a")
    simulation.settle()
    urgent = simulation.submit(queue, share_identifier="a", scheduling_priority=9999)
    other = simulation.submit(queue, share_identifier="b")
    simulation.pass_seconds(10)

    simulation.end(blocker)

    assert statuses(urgent, other) == ["RUNNABLE", "RUNNING"]


def test_room_is_kept_for_shares_to_come(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=8, reservation_percent=50)
    of_first = [simulation.submit(queue, share_identifier="a") for _ in range(8)]
    simulation.settle()
    alone = statuses(*of_first).count("RUNNING")

    of_second = [simulation.submit(queue, share_identifier="b") for _ in range(8)]
    simulation.settle()

    assert alone == 4
    assert statuses(*of_second).count("RUNNING") == 2
    assert statuses(*of_first).count("RUNNING") == 4


def test_an_idle_queue_accepts_a_job_larger_than_the_unreserved_capacity(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=8, reservation_percent=50)
    job = simulation.submit(queue, share_identifier="a", vcpus=8)

    simulation.settle()

    assert job.status == "RUNNING"


def test_a_share_is_active_while_it_has_a_job_that_has_not_ended(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1)
    first, second = (simulation.submit(queue, share_identifier=share) for share in ("a", "b"))
    simulation.settle()
    shares = simulation.region.scheduler.shares_of(queue)
    assert shares is not None
    before = shares.active_shares

    simulation.end(first)

    assert before == 2
    assert shares.active_shares == 1
    assert (shares.is_active("a"), shares.is_active("b")) == (False, True)
    assert second.status == "RUNNING"


def test_a_policy_can_be_replaced(simulation: Simulation) -> None:
    queue = simulation.shares(vcpus=1, weights={"a": 0.001})
    blocker = simulation.submit(queue, share_identifier="a")
    simulation.settle()
    waiting = [simulation.submit(queue, share_identifier=share) for share in ("a", "b")]
    simulation.pass_seconds(10)

    queue.policy = SchedulingPolicy("other", "arn:other")
    simulation.region.scheduler.policy_changed(queue.policy)
    simulation.end(blocker)

    assert statuses(*waiting) == ["RUNNABLE", "RUNNING"]
