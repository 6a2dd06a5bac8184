"""Doctor finds and explains every problem of an account, and changes nothing."""

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


class HealthyAccount:
    """An account without problems, which tests then break."""

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
    return HealthyAccount(local_batch)


@pytest.fixture
def run_doctor(account, aws_responses, capsys):
    """Run doctor and return the exit code and the findings by rule, without D603."""

    def run():
        aws_responses.deny(
            "iam", "SimulatePrincipalPolicy"
        )  # moto does not implement it; a test can override this
        code = main(["doctor", "nightly.yaml", "--json"])
        found = json.loads(capsys.readouterr().out)
        return code, {each["rule"]: each for each in found if each["rule"] != "D603"}

    return run


@pytest.fixture
def aws_responses(monkeypatch):
    """Change or deny the responses of an AWS operation."""
    changes = []

    def client(self, service, config=None, *, _make=AwsSession.client):
        made = _make(self, service, config)
        for wanted, operation, handler in changes:
            if wanted == service:
                made.meta.events.register(f"{handler[0]}.{service}.{operation}", handler[1])
        return made

    monkeypatch.setattr(AwsSession, "client", client)

    class AwsResponses:
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

    return AwsResponses


class _Raw:
    """A response body in the form that botocore reads."""

    def __init__(self, body):
        self._body = body

    def stream(self, **_):
        yield self._body


def spec(text):
    Path("nightly.yaml").write_text(text)


def test_account_without_problems(account, capsys):
    code = main(["doctor", "nightly.yaml"])

    shown = capsys.readouterr().out
    assert code == 0
    assert "error" not in shown
    assert f"Checked account 123456789012 in {account.region.region} as arn:aws:sts::" in shown


def test_doctor_only_reads(account, run_doctor):
    before = len(account.region.requests())

    run_doctor()

    called = {call["operation"] for call in account.region.requests()[before:]}
    batch = {name for name in called if ":" not in name}
    assert batch
    assert all(name.startswith(("Describe", "List")) for name in batch), batch


def test_missing_queue(account, run_doctor):
    spec(SPEC.replace("job_queue: etl", "job_queue: etll"))

    code, found = run_doctor()

    assert code == 1
    assert found["D101"]["text"] == "job queue 'etll' does not exist"
    assert found["D101"]["remedy"].startswith("Did you mean 'etl'?")


def test_missing_queue_that_spec_defines(account, run_doctor):
    queue = "resources: {job_queues: {later: {priority: 1, compute_environment_order: [hosts]}}}\n"
    spec(SPEC.replace("job_queue: etl", "job_queue: later") + queue)

    code, found = run_doctor()

    assert code == 1
    assert found["D101"]["remedy"] == (
        "The spec defines it under 'resources': run 'airflow-batch resources apply' to create it"
    )


def test_disabled_queue(account, run_doctor):
    account.batch.update_job_queue(jobQueue="etl", state="DISABLED")
    account.settle()

    code, found = run_doctor()

    assert code == 1
    assert found["D102"]["text"] == "job queue 'etl' is DISABLED and does not accept jobs"
    assert "aws batch update-job-queue --job-queue etl --state ENABLED" in found["D102"]["remedy"]


def test_invalid_queue(account, run_doctor, aws_responses):
    def break_queue(parsed):
        for queue in parsed["jobQueues"]:
            queue.update(status="INVALID", statusReason="its environment is gone")

    aws_responses.change("batch", "DescribeJobQueues", break_queue)

    code, found = run_doctor()

    assert code == 1
    assert found["D103"]["text"] == "job queue 'etl' is INVALID: its environment is gone"


def test_invalid_compute_environment(account, run_doctor, aws_responses):
    def break_environment(parsed):
        for environment in parsed["computeEnvironments"]:
            environment.update(status="INVALID", statusReason="CLIENT_ERROR - the role does not exist.")

    aws_responses.change("batch", "DescribeComputeEnvironments", break_environment)

    code, found = run_doctor()

    assert code == 1
    assert found["D111"]["severity"] == "error"
    assert found["D111"]["text"] == (
        "compute environment 'hosts' of job queue 'etl' is INVALID: CLIENT_ERROR - the role does not exist"
    )


def test_disabled_compute_environment(account, run_doctor):
    account.batch.update_compute_environment(computeEnvironment="hosts", state="DISABLED")

    code, found = run_doctor()

    assert code == 1
    assert found["D112"]["severity"] == "error"
    assert "--compute-environment hosts --state ENABLED" in found["D112"]["remedy"]


def test_disabled_environment_is_a_warning_if_another_accepts_jobs(account, run_doctor):
    account.batch.create_compute_environment(
        computeEnvironmentName="spare", type="MANAGED", computeResources=HOSTS, state="DISABLED"
    )
    order = [{"order": number, "computeEnvironment": name} for number, name in enumerate(("spare", "hosts"))]
    account.batch.update_job_queue(jobQueue="etl", computeEnvironmentOrder=order)
    account.settle()

    code, found = run_doctor()

    assert code == 0
    assert found["D112"]["severity"] == "warning"


def test_environment_without_vcpus(account, run_doctor):
    account.batch.update_compute_environment(computeEnvironment="hosts", computeResources={"maxvCpus": 0})

    code, found = run_doctor()

    assert code == 1
    assert "has max_vcpus 0" in found["D113"]["text"]


def test_missing_definition_is_reported_once_for_all_jobs(account, run_doctor):
    spec(SPEC.replace("job_definition: step", "job_definition: stop"))

    code, found = run_doctor()

    assert code == 1
    assert found["D201"]["text"] == "job definition 'stop' (jobs first, second) does not exist"


@pytest.mark.parametrize("named", ["step", "'step:1'"])
def test_inactive_definition(account, run_doctor, named):
    account.batch.deregister_job_definition(jobDefinition="step:1")
    spec(SPEC.replace("job_definition: step", f"job_definition: {named}"))

    code, found = run_doctor()

    assert code == 1
    assert (
        found["D202"]["text"]
        == "job definition 'step:1' (jobs first, second) is INACTIVE: it was deregistered"
    )


def test_newer_active_revision_is_accepted(account, run_doctor):
    account.define("step")
    account.batch.deregister_job_definition(jobDefinition="step:1")

    code, found = run_doctor()

    assert (code, found) == (0, {})


def test_definition_for_another_platform(account, run_doctor):
    account.define(
        "fargate",
        [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}],
        container={"executionRoleArn": "arn:aws:iam::123456789012:role/start"},
        platformCapabilities=["FARGATE"],
    )
    spec(SPEC.replace("job_definition: step", "job_definition: fargate"))

    code, found = run_doctor()

    assert code == 1
    assert found["D203"]["text"].endswith("requires Fargate, but job queue 'etl' runs jobs on EC2")


def test_job_larger_than_compute_environment(account, run_doctor):
    spec(SPEC.replace("first: {}", "first: {vcpus: 9}"))

    code, found = run_doctor()

    assert code == 1
    assert found["D301"]["text"] == (
        "job 'first' does not fit any compute environment of job queue 'etl': it needs 9 vCPUs, "
        "but compute environment 'hosts' allows at most 8"
    )


@pytest.mark.parametrize("wish", ["vcpus: 4", "memory: 9GiB"])
def test_job_larger_than_every_instance_type(account, run_doctor, wish):
    account.batch.update_compute_environment(
        computeEnvironment="hosts", computeResources={"instanceTypes": ["m5.large"]}
    )
    spec(SPEC.replace("first: {}", f"first: {{{wish}}}"))

    code, found = run_doctor()

    assert code == 1
    assert (
        "the largest instance type of compute environment 'hosts', m5.large, has 2 vCPUs and 8192 MiB"
        in (found["D302"]["text"])
    )


def test_size_that_fargate_does_not_offer(account, run_doctor):
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

    code, found = run_doctor()

    assert code == 1
    assert "it needs 4096 MiB with 0.25 vCPUs, but Fargate" in found["D303"]["text"]
    assert found["D303"]["remedy"].startswith("Use one of 512, 1024, 2048")


def test_share_identifier_without_scheduling_policy(account, run_doctor):
    spec(SPEC.replace("first: {}", "first: {share_identifier: red}"))

    code, found = run_doctor()

    assert code == 1
    assert "job 'first' has a share_identifier" in found["D402"]["text"]


def test_missing_share_identifier(account, run_doctor):
    policy = account.batch.create_scheduling_policy(name="fair")["arn"]
    account.queue("shared", "hosts", schedulingPolicyArn=policy)
    spec(SPEC.replace("job_queue: etl", "job_queue: shared"))

    code, found = run_doctor()

    assert code == 1
    assert "has no share_identifier, but job queue 'shared' has a scheduling policy" in found["D401"]["text"]


def test_missing_log_group(account, run_doctor):
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/trade"}}
    account.define("step", container={"logConfiguration": log})

    code, found = run_doctor()

    assert code == 0
    assert found["D501"]["text"] == "log group '/trade' does not exist"


def test_denied_access_to_logs_is_a_warning(account, run_doctor, aws_responses):
    aws_responses.deny("logs", "GetLogEvents")

    code, found = run_doctor()

    assert code == 0
    assert found["D601"]["severity"] == "warning"
    assert found["D601"]["text"] == "you are not allowed to call logs:GetLogEvents; job logs cannot be shown"


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
def test_denied_calls_are_errors(account, run_doctor, aws_responses, operation, action):
    aws_responses.deny("batch", operation)

    code, found = run_doctor()

    assert code == 1
    assert found["D601"]["text"].startswith(f"you are not allowed to call {action}; ")
    assert found["D601"]["remedy"].startswith(f"Allow {action}")


def test_action_that_iam_denies(account, run_doctor, aws_responses):
    denied = (
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member>"
        "<EvalActionName>batch:SubmitJob</EvalActionName><EvalDecision>implicitDeny</EvalDecision>"
        "<EvalResourceName>arn:aws:batch:eu-west-1:1:job-queue/etl</EvalResourceName>"
        "</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
    aws_responses.answer("iam", "SimulatePrincipalPolicy", 200, {"Content-Type": "text/xml"}, denied)

    code, found = run_doctor()

    assert code == 1
    assert found["D602"]["text"] == "IAM denies batch:SubmitJob on arn:aws:batch:eu-west-1:1:job-queue/etl"


def test_template_is_noted_as_not_checked(account, run_doctor):
    spec(SPEC.replace("job_queue: etl", "job_queue: '{{ params.queue }}'"))

    code, found = run_doctor()

    assert code == 0
    assert found["D199"]["severity"] == "note"
