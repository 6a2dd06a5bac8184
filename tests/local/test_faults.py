import pytest

from airflow_batch_provider.local.faults import Fault, Faults


def injected(faults: Faults, operation: str, calls: int) -> list[bool]:
    return [faults.next_fault(operation) is not None for _ in range(calls)]


def test_a_fault_is_injected_after_the_skipped_calls() -> None:
    faults = Faults()
    faults.add(Fault(operation="SubmitJob", skip=2, times=1))

    assert injected(faults, "SubmitJob", 4) == [False, False, True, False]


def test_a_fault_leaves_other_operations_alone() -> None:
    faults = Faults()
    faults.add(Fault(operation="SubmitJob"))

    assert injected(faults, "DescribeJobs", 1) == [False]
    assert injected(faults, "SubmitJob", 1) == [True]


def test_a_fault_without_limit_lasts_until_it_is_removed() -> None:
    faults = Faults()
    faults.add(Fault(times=None))
    before = injected(faults, "ListJobs", 3)

    faults.clear()

    assert before == [True, True, True]
    assert injected(faults, "ListJobs", 1) == [False]


def test_a_fault_can_concern_only_requests_with_a_text() -> None:
    faults = Faults()
    faults.add(Fault(operation="SubmitJob", containing='"w-b"', times=None))

    assert faults.next_fault("SubmitJob", b'{"jobName": "w-a"}') is None
    assert faults.next_fault("SubmitJob", b'{"jobName": "w-b"}') is not None


def test_a_refusal_has_the_given_answer() -> None:
    fault = Fault(kind="refuse", code="ExpiredTokenException", status=403, message="expired")

    assert (fault.error.code, fault.error.http_status, fault.error.message) == (
        "ExpiredTokenException",
        403,
        "expired",
    )


def test_a_share_is_reproducible_by_its_seed() -> None:
    runs = []
    for _ in range(2):
        faults = Faults(seed=7)
        faults.add(Fault(share=0.3, times=None))
        runs.append(injected(faults, "ListJobs", 1000))

    assert runs[0] == runs[1]
    assert 200 < sum(runs[0]) < 400


@pytest.mark.parametrize(
    "members", [{"kind": "?"}, {"phase": "?"}, {"share": 2}, {"times": -1}, {"skip": "1"}]
)
def test_an_invalid_fault_is_rejected(members: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the message does not matter)
        Fault(**members)


def test_a_rate_limits_successful_calls_per_second() -> None:
    now = 100.0
    faults = Faults(time=lambda: now)
    faults.add(Fault(rate=2, times=None))

    first = injected(faults, "SubmitJob", 4)
    now += 0.5
    second = injected(faults, "SubmitJob", 2)
    now += 60
    third = injected(faults, "SubmitJob", 3)

    assert first == [False, False, True, True]
    assert second == [False, True]
    assert third == [False, False, True]
