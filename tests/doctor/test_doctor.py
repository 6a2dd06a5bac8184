"""Broken accounts: each thing that is wrong is found and explained, and nothing is changed."""

import json
from pathlib import Path

import pytest
from botocore.awsrequest import AWSResponse

from airflow_batch_provider.batch.session import AwsSession
from airflow_batch_provider.cli.main import main
from airflow_batch_provider.local.pytest_plugin import (  # noqa: F401
    local_batch,
    local_batch_options,
    local_batch_server,
)
from tests.integration.cloud import eventually

SPEC = """
workflow: nightly
defaults: {job_queue: etl, job_definition: step}
jobs: {first: {}, second: {depends_on: [first]}}
"""
HOSTS = {"type": "EC2", "minvCpus": 0, "maxvCpus": 8, "instanceTypes": ["optimal"], "subnets": ["s"]}
FARGATE = {"type": "FARGATE", "maxvCpus": 8, "subnets": ["s"], "securityGroupIds": ["g"]}
ONE_VCPU = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]


class Account:
    """An account in which all is well until a test breaks it."""

    def __init__(self, region):
        self.region = region
        self.batch = region.client()
        self.batch.create_compute_environment(
            computeEnvironmentName="hosts", type="MANAGED", computeResources=HOSTS
        )
        self.queue("etl", "hosts")
        self.define("step")
        region.client("logs").create_log_group(logGroupName="/aws/batch/job")

    def queue(self, name, environment, **members):
        self.batch.create_job_queue(
            jobQueueName=name,
            priority=1,
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment}],
            **members,
        )

    def define(self, name, requirements=ONE_VCPU, **members):
        container = {"image": "i", "command": ["true"], "resourceRequirements": requirements}
        container |= members.pop("container", {})
        self.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container, **members
        )

    def settle(self):
        """Wait until nothing is UPDATING."""
        eventually(lambda: self._status() == "VALID", "job queue 'etl' VALID")

    def _status(self):
        (queue,) = self.batch.describe_job_queues(jobQueues=["etl"])["jobQueues"]
        return queue["status"]


@pytest.fixture
def account(local_batch, tmp_path, monkeypatch):  # noqa: F811
    (tmp_path / "nightly.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return Account(local_batch)


@pytest.fixture
def examined(account, answering, capsys):
    """Examine the account: exit code and findings by rule, without the note on what IAM does not tell."""

    def examine():
        answering.deny("iam", "SimulatePrincipalPolicy")  # unless a test answers it; moto cannot
        code = main(["doctor", "nightly.yaml", "--json"])
        found = json.loads(capsys.readouterr().out)
        return code, {each["rule"]: each for each in found if each["rule"] != "D603"}

    return examine


@pytest.fixture
def answering(monkeypatch):
    """Change what AWS answers to an operation of a service, or deny it."""
    changes = []

    def client(self, service, config=None, *, _make=AwsSession.client):
        made = _make(self, service, config)
        for wanted, operation, handler in changes:
            if wanted == service:
                made.meta.events.register(f"{handler[0]}.{service}.{operation}", handler[1])
        return made

    monkeypatch.setattr(AwsSession, "client", client)

    class Answering:
        @staticmethod
        def change(service, operation, change):
            changes.append((service, operation, ("after-call", lambda parsed, **_: change(parsed))))

        @staticmethod
        def answer(service, operation, status, headers, body):
            def answer(request, **_):
                return AWSResponse(request.url, status, headers, _Raw(body.encode()))

            changes.append((service, operation, ("before-send", answer)))

        @classmethod
        def deny(cls, service, operation):
            body = json.dumps({"__type": "AccessDeniedException", "message": "not authorized"})
            cls.answer(service, operation, 400, {"x-amzn-ErrorType": "AccessDeniedException"}, body)

    return Answering


class _Raw:
    """A body as botocore streams it."""

    def __init__(self, body):
        self._body = body

    def stream(self, **_):
        yield self._body


def spec(text):
    Path("nightly.yaml").write_text(text)


def test_an_account_in_which_all_is_well(account, capsys):
    code = main(["doctor", "nightly.yaml"])

    shown = capsys.readouterr().out
    assert code == 0
    assert "error" not in shown
    assert f"Checked account 123456789012 in {account.region.region} as arn:aws:sts::" in shown


def test_it_reads_only(account, examined):
    before = len(account.region.requests())

    examined()

    called = {call["operation"] for call in account.region.requests()[before:]}
    batch = {name for name in called if ":" not in name}
    assert batch
    assert all(name.startswith(("Describe", "List")) for name in batch), batch


def test_a_queue_that_is_missing(account, examined):
    spec(SPEC.replace("job_queue: etl", "job_queue: etll"))

    code, found = examined()

    assert code == 1
    assert found["D101"]["text"] == "job queue 'etll' does not exist"
    assert found["D101"]["remedy"].startswith("Did you mean 'etl'?")


def test_a_queue_that_the_spec_would_make(account, examined):
    queue = "resources: {job_queues: {later: {priority: 1, compute_environment_order: [hosts]}}}\n"
    spec(SPEC.replace("job_queue: etl", "job_queue: later") + queue)

    code, found = examined()

    assert code == 1
    assert found["D101"]["remedy"] == (
        "The spec defines it under 'resources': run 'airflow-batch resources apply' to create it"
    )


def test_a_disabled_queue(account, examined):
    account.batch.update_job_queue(jobQueue="etl", state="DISABLED")
    account.settle()

    code, found = examined()

    assert code == 1
    assert found["D102"]["text"] == "job queue 'etl' is DISABLED and does not accept jobs"
    assert "aws batch update-job-queue --job-queue etl --state ENABLED" in found["D102"]["remedy"]


def test_an_invalid_queue(account, examined, answering):
    def break_queue(parsed):
        for queue in parsed["jobQueues"]:
            queue.update(status="INVALID", statusReason="its environment is gone")

    answering.change("batch", "DescribeJobQueues", break_queue)

    code, found = examined()

    assert code == 1
    assert found["D103"]["text"] == "job queue 'etl' is INVALID: its environment is gone"


def test_an_invalid_compute_environment(account, examined, answering):
    def break_environment(parsed):
        for environment in parsed["computeEnvironments"]:
            environment.update(status="INVALID", statusReason="CLIENT_ERROR - the role does not exist.")

    answering.change("batch", "DescribeComputeEnvironments", break_environment)

    code, found = examined()

    assert code == 1
    assert found["D111"]["severity"] == "error"
    assert found["D111"]["text"] == (
        "compute environment 'hosts' of job queue 'etl' is INVALID: CLIENT_ERROR - the role does not exist"
    )


def test_a_disabled_compute_environment(account, examined):
    account.batch.update_compute_environment(computeEnvironment="hosts", state="DISABLED")

    code, found = examined()

    assert code == 1
    assert found["D112"]["severity"] == "error"
    assert "--compute-environment hosts --state ENABLED" in found["D112"]["remedy"]


def test_a_disabled_environment_beside_one_that_takes_jobs_is_a_warning(account, examined):
    account.batch.create_compute_environment(
        computeEnvironmentName="spare", type="MANAGED", computeResources=HOSTS, state="DISABLED"
    )
    order = [{"order": number, "computeEnvironment": name} for number, name in enumerate(("spare", "hosts"))]
    account.batch.update_job_queue(jobQueue="etl", computeEnvironmentOrder=order)
    account.settle()

    code, found = examined()

    assert code == 0
    assert found["D112"]["severity"] == "warning"


def test_an_environment_without_vcpus(account, examined):
    account.batch.update_compute_environment(computeEnvironment="hosts", computeResources={"maxvCpus": 0})

    code, found = examined()

    assert code == 1
    assert "has max_vcpus 0" in found["D113"]["text"]


def test_a_definition_that_is_missing_is_said_once_for_all_jobs(account, examined):
    spec(SPEC.replace("job_definition: step", "job_definition: stop"))

    code, found = examined()

    assert code == 1
    assert found["D201"]["text"] == "job definition 'stop' (jobs first, second) does not exist"


@pytest.mark.parametrize("named", ["step", "'step:1'"])
def test_an_inactive_definition(account, examined, named):
    account.batch.deregister_job_definition(jobDefinition="step:1")
    spec(SPEC.replace("job_definition: step", f"job_definition: {named}"))

    code, found = examined()

    assert code == 1
    assert (
        found["D202"]["text"]
        == "job definition 'step:1' (jobs first, second) is INACTIVE: it was deregistered"
    )


def test_a_newer_revision_that_is_active_is_enough(account, examined):
    account.define("step")
    account.batch.deregister_job_definition(jobDefinition="step:1")

    code, found = examined()

    assert (code, found) == (0, {})


def test_a_definition_for_another_platform(account, examined):
    account.define(
        "fargate",
        [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}],
        container={"executionRoleArn": "arn:aws:iam::123456789012:role/start"},
        platformCapabilities=["FARGATE"],
    )
    spec(SPEC.replace("job_definition: step", "job_definition: fargate"))

    code, found = examined()

    assert code == 1
    assert found["D203"]["text"].endswith("requires Fargate, but job queue 'etl' runs jobs on EC2")


def test_a_job_larger_than_the_compute_environment(account, examined):
    spec(SPEC.replace("first: {}", "first: {vcpus: 9}"))

    code, found = examined()

    assert code == 1
    assert found["D301"]["text"] == (
        "job 'first' does not fit any compute environment of job queue 'etl': it needs 9 vCPUs, "
        "but compute environment 'hosts' allows at most 8"
    )


@pytest.mark.parametrize("wish", ["vcpus: 4", "memory: 9GiB"])
def test_a_job_larger_than_every_instance_type(account, examined, wish):
    account.batch.update_compute_environment(
        computeEnvironment="hosts", computeResources={"instanceTypes": ["m5.large"]}
    )
    spec(SPEC.replace("first: {}", f"first: {{{wish}}}"))

    code, found = examined()

    assert code == 1
    assert (
        "the largest instance type of compute environment 'hosts', m5.large, has 2 vCPUs and 8192 MiB"
        in (found["D302"]["text"])
    )


def test_a_size_that_fargate_does_not_offer(account, examined):
    account.batch.create_compute_environment(
        computeEnvironmentName="serverless", type="MANAGED", computeResources=FARGATE
    )
    account.queue("fargate", "serverless")
    account.define(
        "small",
        [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}],
        container={"executionRoleArn": "arn:aws:iam::123456789012:role/start"},
        platformCapabilities=["FARGATE"],
    )
    on_fargate = SPEC.replace(
        "job_queue: etl, job_definition: step", "job_queue: fargate, job_definition: small"
    )
    spec(on_fargate.replace("first: {}", "first: {memory: 4GiB}"))

    code, found = examined()

    assert code == 1
    assert "it needs 4096 MiB with 0.25 vCPUs, but Fargate" in found["D303"]["text"]
    assert found["D303"]["remedy"].startswith("Use one of 512, 1024, 2048")


def test_a_share_identifier_where_there_are_no_shares(account, examined):
    spec(SPEC.replace("first: {}", "first: {share_identifier: red}"))

    code, found = examined()

    assert code == 1
    assert "job 'first' has a share_identifier" in found["D402"]["text"]


def test_a_missing_share_identifier(account, examined):
    policy = account.batch.create_scheduling_policy(name="fair")["arn"]
    account.queue("shared", "hosts", schedulingPolicyArn=policy)
    spec(SPEC.replace("job_queue: etl", "job_queue: shared"))

    code, found = examined()

    assert code == 1
    assert "has no share_identifier, but job queue 'shared' has a scheduling policy" in found["D401"]["text"]


def test_a_log_group_that_is_missing(account, examined):
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/trade"}}
    account.define("step", container={"logConfiguration": log})

    code, found = examined()

    assert code == 0
    assert found["D501"]["text"] == "log group '/trade' does not exist"


def test_logs_that_must_not_be_read(account, examined, answering):
    answering.deny("logs", "GetLogEvents")

    code, found = examined()

    assert code == 0
    assert found["D601"]["severity"] == "warning"
    assert found["D601"]["text"] == "logs:GetLogEvents is denied to you; job logs cannot be shown"


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("DescribeJobs", "batch:DescribeJobs"),
        ("ListJobs", "batch:ListJobs"),
        ("DescribeJobQueues", "batch:DescribeJobQueues"),
        ("DescribeJobDefinitions", "batch:DescribeJobDefinitions"),
        ("DescribeComputeEnvironments", "batch:DescribeComputeEnvironments"),
    ],
)
def test_calls_that_are_denied(account, examined, answering, operation, action):
    answering.deny("batch", operation)

    code, found = examined()

    assert code == 1
    assert found["D601"]["text"].startswith(f"{action} is denied to you; ")
    assert "airflow-batch policy" in found["D601"]["remedy"]


def test_what_iam_would_deny(account, examined, answering):
    denied = (
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member>"
        "<EvalActionName>batch:SubmitJob</EvalActionName><EvalDecision>implicitDeny</EvalDecision>"
        "<EvalResourceName>arn:aws:batch:eu-west-1:1:job-queue/etl</EvalResourceName>"
        "</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
    answering.answer("iam", "SimulatePrincipalPolicy", 200, {"Content-Type": "text/xml"}, denied)

    code, found = examined()

    assert code == 1
    assert found["D602"]["text"] == "IAM denies batch:SubmitJob on arn:aws:batch:eu-west-1:1:job-queue/etl"


def test_a_template_is_said_not_to_be_looked_at(account, examined):
    spec(SPEC.replace("job_queue: etl", "job_queue: '{{ params.queue }}'"))

    code, found = examined()

    assert code == 0
    assert found["D199"]["severity"] == "note"
