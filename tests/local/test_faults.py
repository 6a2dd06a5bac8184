import pytest

from airflow_batch_provider.local.faults import Fault, Faults


def spoiled(faults: Faults, operation: str, calls: int) -> list[bool]:
    return [faults.draw(operation) is not None for _ in range(calls)]


def test_a_fault_spoils_the_calls_after_those_it_skips() -> None:
    faults = Faults()
    faults.add(Fault(operation="SubmitJob", skip=2, times=1))

    assert spoiled(faults, "SubmitJob", 4) == [False, False, True, False]


def test_a_fault_leaves_other_operations_alone() -> None:
    faults = Faults()
    faults.add(Fault(operation="SubmitJob"))

    assert spoiled(faults, "DescribeJobs", 1) == [False]
    assert spoiled(faults, "SubmitJob", 1) == [True]


def test_a_fault_of_every_operation_lasts_until_it_is_withdrawn() -> None:
    faults = Faults()
    faults.add(Fault(times=None))
    before = spoiled(faults, "ListJobs", 3)

    faults.clear()

    assert before == [True, True, True]
    assert spoiled(faults, "ListJobs", 1) == [False]


def test_a_share_is_the_same_for_the_same_seed() -> None:
    runs = []
    for _ in range(2):
        faults = Faults(seed=7)
        faults.add(Fault(share=0.3, times=None))
        runs.append(spoiled(faults, "ListJobs", 1000))

    assert runs[0] == runs[1]
    assert 200 < sum(runs[0]) < 400


@pytest.mark.parametrize(
    "members", [{"kind": "?"}, {"phase": "?"}, {"share": 2}, {"times": -1}, {"skip": "1"}]
)
def test_a_fault_without_sense_is_refused(members: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any reason will do)
        Fault(**members)


def test_a_rate_lets_so_many_calls_a_second_pass() -> None:
    now = 100.0
    faults = Faults(time=lambda: now)
    faults.add(Fault(rate=2, times=None))

    first = spoiled(faults, "SubmitJob", 4)
    now += 0.5
    second = spoiled(faults, "SubmitJob", 2)
    now += 60
    third = spoiled(faults, "SubmitJob", 3)

    assert first == [False, False, True, True]
    assert second == [False, True]
    assert third == [False, False, True]
