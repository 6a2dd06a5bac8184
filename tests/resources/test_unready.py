"""Resources that AWS Batch is still changing, or that are INVALID."""

import pytest

from airflow_batch_provider.errors import ResourceError, ResourceWaitError
from airflow_batch_provider.plan.resources import ResourceKind
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.reconcile import Reconciler
from airflow_batch_provider.resources.waiting import ResourceWaiter
from tests.fakes import FakeClock
from tests.resources.conftest import desired


@pytest.fixture
def override_environments(commands):
    """Let AWS Batch override for compute environments what a test says, whatever they are."""

    def override(**members):
        def change(parsed, **_):
            for each in parsed.get("computeEnvironments", ()):
                each.update(members)

        commands.batch.meta.events.register("after-call.batch.DescribeComputeEnvironments", change)

    return override


def test_invalid_environment_is_an_error_with_reason_from_aws(commands, override_environments):
    commands.apply()
    override_environments(status="INVALID", statusReason="CLIENT_ERROR - The role does not exist")

    with pytest.raises(
        ResourceError, match=r"'hosts' is INVALID: CLIENT_ERROR - The role does not exist\. Fix"
    ):
        commands.apply()


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING"])
def test_unsettled_environment_is_waited_for_until_timeout(commands, override_environments, status):
    commands.apply()
    override_environments(status=status)
    clock = FakeClock()
    waiter = ResourceWaiter(commands.account, timeout_seconds=60, now=clock.now, sleep=clock.sleep)

    with pytest.raises(
        ResourceWaitError, match="has not finished changing compute environment 'hosts' after 60 s"
    ):
        waiter.run_to_completion(Reconciler(commands.account).step, desired())

    assert 60 < sum(clock.slept) < 70
    assert max(clock.slept) == 5


def test_member_that_still_differs_after_update_is_an_error(commands, override_environments):
    commands.apply()
    override_environments(unmanagedvCpus=7)
    wanted = desired("  compute_environments:\n    hosts: {type: UNMANAGED, unmanaged_vcpus: 5}\n")
    commands.batch.meta.events.register(
        "after-call.batch.DescribeComputeEnvironments",
        lambda parsed, **_: [each.update(type="UNMANAGED") for each in parsed["computeEnvironments"]],
    )

    with pytest.raises(ResourceError, match=r"still differs in unmanaged_vcpus .spec: 5, AWS: 7."):
        commands.apply(wanted)


def test_resource_is_found_by_exact_name(commands):
    commands.apply(desired("  scheduling_policies:\n    fairer: {}\n    fair: {}\n"))

    found = ResourceAccount(commands.batch).find(desired()[1])

    assert (found.kind, found.name) == (ResourceKind.SCHEDULING_POLICY, "fair")
