import pytest

from airflow_batch_provider.local.pytest_plugin import (  # noqa: F401
    local_batch,
    local_batch_options,
    local_batch_server,
)
from airflow_batch_provider.plan.resources import desired_resources
from airflow_batch_provider.resources.account import ResourceAccount
from airflow_batch_provider.resources.reconcile import Reconciler, Remover
from airflow_batch_provider.resources.waiting import ResourceWaiter
from airflow_batch_provider.spec.loader import parse_workflow

HEAD = "workflow: nightly\njobs: {only: {job_queue: etl, job_definition: step}}\nresources:\n"
RESOURCES = """
  compute_environments:
    hosts:
      compute_resources:
        type: EC2
        min_vcpus: 0
        max_vcpus: 4
        allocation_strategy: BEST_FIT_PROGRESSIVE
        subnets: [subnet-1, subnet-2]
        instance_types: [m5, c5]
        instance_role: ecsInstanceRole
  scheduling_policies:
    fair: {share_decay_seconds: 600, share_distribution: [{share_identifier: red, weight_factor: 0.5}]}
  job_queues:
    etl: {priority: 1, compute_environment_order: [hosts], scheduling_policy: fair}
  job_definitions:
    step:
      image: busybox
      command: [echo, hello]
      environment: {A: "1", B: "2"}
      vcpus: 1
      memory: 512MiB
      timeout: 10m
      retry_strategy: {evaluate_on_exit: [{on_status_reason: "Host EC2*", action: RETRY}]}
      attempts: 3
"""


def desired(resources=RESOURCES, workflow="nightly"):
    return desired_resources(parse_workflow((HEAD + resources).replace("nightly", workflow, 1)))


class ResourceCommands:
    """Apply and delete resources as the commands do, and inspect the account."""

    def __init__(self, batch):
        self.batch = batch
        self.account = ResourceAccount(batch)
        self.reports: list[str] = []

    def apply(self, wanted=None, **options):
        wanted = wanted or desired()
        reconciler = Reconciler(self.account, self.reports.append, **options)
        reconciler.check(wanted)
        ResourceWaiter(self.account).run_to_completion(reconciler.step, wanted)

    def delete(self, wanted=None, **options):
        wanted = wanted or desired()
        remover = Remover(self.account, self.reports.append, **options)
        remover.check(wanted)
        ResourceWaiter(self.account).run_to_completion(remover.step, wanted)

    def differences(self, wanted=None):
        """Return the differences as ``{resource: {member: (before, after)}}``."""
        return {
            str(change.desired): {
                each.name: (each.before, each.after) for each in (*change.differences, *change.tags)
            }
            for change in self.account.changes(wanted or desired())
            if change.is_change
        }

    def left(self):
        """Return the names of all existing resources."""
        environments = self.batch.describe_compute_environments()["computeEnvironments"]
        queues = self.batch.describe_job_queues()["jobQueues"]
        policies = self.batch.list_scheduling_policies()["schedulingPolicies"]
        definitions = self.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
        return [
            *(each["computeEnvironmentName"] for each in environments),
            *(each["arn"].rpartition("/")[2] for each in policies),
            *(each["jobQueueName"] for each in queues),
            *(f"{each['jobDefinitionName']}:{each['revision']}" for each in definitions),
        ]


@pytest.fixture
def commands(local_batch):  # noqa: F811
    return ResourceCommands(local_batch.client())
