"""Resources that AWS Batch is busy with, or that it cannot make work."""

import pytest

from airflow_batch_provider.errors import ResourceError, ResourceWaitError
from airflow_batch_provider.plan.resources import ResourceKind
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.reconcile import Reconciler
from airflow_batch_provider.resources.waiting import ResourceWaiter
from tests.fakes import FakeClock
from tests.resources.conftest import desired


@pytest.fixture
def answering(hands):
    """Let AWS Batch answer for compute environments what a test says, whatever they are."""

    def answer(**members):
        def change(parsed, **_):
            for each in parsed.get("computeEnvironments", ()):
                each.update(members)

        hands.batch.meta.events.register("after-call.batch.DescribeComputeEnvironments", change)

    return answer


def test_an_invalid_environment_is_an_error_with_aws_s_reason(hands, answering):
    hands.apply()
    answering(status="INVALID", statusReason="CLIENT_ERROR - The role does not exist")

    with pytest.raises(
        ResourceError, match=r"'hosts' is INVALID: CLIENT_ERROR - The role does not exist\. Fix"
    ):
        hands.apply()


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING"])
def test_an_environment_that_aws_is_busy_with_is_waited_for_until_the_deadline(hands, answering, status):
    hands.apply()
    answering(status=status)
    clock = FakeClock()
    waiter = ResourceWaiter(hands.account, timeout_seconds=60, now=clock.now, sleep=clock.sleep)

    with pytest.raises(
        ResourceWaitError, match="has not finished changing compute environment 'hosts' after 60 s"
    ):
        waiter.run_to_completion(Reconciler(hands.account).step, desired())

    assert 60 < sum(clock.slept) < 70
    assert max(clock.slept) == 5


def test_an_answer_that_never_becomes_what_was_sent_is_an_error_and_no_endless_update(hands, answering):
    hands.apply()
    answering(unmanagedvCpus=7)
    wanted = desired("  compute_environments:\n    hosts: {type: UNMANAGED, unmanaged_vcpus: 5}\n")
    hands.batch.meta.events.register(
        "after-call.batch.DescribeComputeEnvironments",
        lambda parsed, **_: [each.update(type="UNMANAGED") for each in parsed["computeEnvironments"]],
    )

    with pytest.raises(ResourceError, match=r"still differs in unmanaged_vcpus .spec: 5, AWS: 7."):
        hands.apply(wanted)


def test_a_resource_is_found_by_its_name_alone(hands):
    hands.apply(desired("  scheduling_policies:\n    fairer: {}\n    fair: {}\n"))

    found = ResourceAccount(hands.batch).find(desired()[1])

    assert (found.kind, found.name) == (ResourceKind.SCHEDULING_POLICY, "fair")
