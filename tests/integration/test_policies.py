"""The policies that are printed, against the calls that runs really make."""

import asyncio
import json
import re
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from moto.iam.access_control import IAMPolicy, PermissionResult

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.following.identity import JobIdentity
from airflow_batch_provider.following.tags import identity_tags
from airflow_batch_provider.local.control_client import LocalBatchRegion
from airflow_batch_provider.local.server import LocalBatch
from airflow_batch_provider.triggers.batch import BatchJobTrigger
from tests.unwanted.airflow_server import serving

ACCOUNT = "123456789012"
SPEC = """
workflow: nightly
airflow: {params: {code: 0}}
resources:
  compute_environments:
    hosts:
      compute_resources: {type: EC2, min_vcpus: 0, max_vcpus: 64, instance_role: hosts, subnets: [s]}
  scheduling_policies:
    fair: {share_decay_seconds: 60}
  job_queues:
    etl: {priority: 1, compute_environment_order: [hosts], scheduling_policy: fair}
  job_definitions:
    step: {image: busybox, command: ["true"], vcpus: 1, memory: 512MiB}
defaults: {job_queue: etl, job_definition: step, share_identifier: red}
jobs:
  a: {tags: {team: data}}
  b: {array_size: 3, depends_on: [a]}
  c: {depends_on: [b], job_definition: {image: busybox, command: ["true"], vcpus: 1, memory: 64MiB}}
"""
RUN = ["nightly.yaml", "--date", "2008-01-31"]
FAST = ["--poll-interval", "0.05"]
_numbers = count(1)


@pytest.fixture
def region(
    script_server: LocalBatch, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> LocalBatchRegion:
    """An empty account, a folder with the spec, and the environment that leads there."""
    region = LocalBatchRegion(script_server.url, f"policy-{next(_numbers)}")
    folder = tmp_path_factory.mktemp("spec")
    (folder / "nightly.yaml").write_text(SPEC)
    monkeypatch.chdir(folder)
    for name, value in region.environment.items():
        monkeypatch.setenv(name, value)
    return region


class Permissions:
    """A policy document, evaluated by moto for action and resource; its conditions are another test's."""

    def __init__(self, document: dict[str, Any]) -> None:
        bare = [{k: v for k, v in each.items() if k != "Condition"} for each in document["Statement"]]
        self._policy = IAMPolicy(json.dumps({**document, "Statement": bare}))

    def allow(self, action: str, *resources: str) -> bool:
        return all(
            self._policy.is_action_permitted(action, resource) is PermissionResult.PERMITTED
            for resource in resources
        )


def permissions(side: str, region: str, capsys: pytest.CaptureFixture[str]) -> Permissions:
    capsys.readouterr()
    main(["policy", "nightly.yaml", "--account", ACCOUNT, "--region", region, "--for", side])
    return Permissions(json.loads(capsys.readouterr().out))


def arn(call: dict[str, Any], kind: str, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:batch:{call['region']}:{ACCOUNT}:{kind}/{name}"


Checked = Callable[[dict[str, Any]], list[tuple[str, list[str]]]]


def one(action: str, kind: str, member: str) -> Checked:
    """A call that AWS checks on the one resource that a member names."""
    return lambda call: [(action, [arn(call, kind, call["request"][member])])]


def several(action: str) -> Checked:
    return lambda call: [(action, [arn(call, "job", job_id) for job_id in call["request"]["jobs"]])]


def everywhere(action: str) -> Checked:
    return lambda call: [(action, ["*"])]


def submitted(call: dict[str, Any]) -> list[tuple[str, list[str]]]:
    request = call["request"]
    queue, definition = request["jobQueue"], request["jobDefinition"]
    checked = [arn(call, "job-queue", queue), arn(call, "job-definition", definition), arn(call, "job", "x")]
    tagging = [("batch:TagResource", [arn(call, "job", "x")])] if request.get("tags") else []
    return [("batch:SubmitJob", checked), *tagging]


def created(action: str, kind: str, member: str) -> Checked:
    """A call that creates: AWS checks what it names, its tags, and the roles that it hands over."""

    def checked(call: dict[str, Any]) -> list[tuple[str, list[str]]]:
        request = call["request"]
        own = arn(call, kind, request[member])
        tagged = f"{own}:1" if kind == "job-definition" else own
        others = [entry["computeEnvironment"] for entry in request.get("computeEnvironmentOrder", ())]
        others += [request["schedulingPolicyArn"]] if "schedulingPolicyArn" in request else []
        roles = re.findall(r'"(?:instanceRole|jobRoleArn)": "([^"]*)"', json.dumps(request))
        passed = [("iam:PassRole", [f"arn:aws:iam::{ACCOUNT}:role/{role}"]) for role in roles]
        tagging = [("batch:TagResource", [tagged])] if request.get("tags") else []
        return [(action, [own, *others]), *tagging, *passed]

    return checked


@cache
def what_aws_checks() -> dict[str, Checked]:
    """By operation, as the Service Authorization Reference has it."""
    table: dict[str, Checked] = {
        "SubmitJob": submitted,
        "TerminateJob": one("batch:TerminateJob", "job", "jobId"),
        "TerminateJobs": several("batch:TerminateJob"),
        "CreateComputeEnvironment": created(
            "batch:CreateComputeEnvironment", "compute-environment", "computeEnvironmentName"
        ),
        "CreateJobQueue": created("batch:CreateJobQueue", "job-queue", "jobQueueName"),
        "CreateSchedulingPolicy": created("batch:CreateSchedulingPolicy", "scheduling-policy", "name"),
        "RegisterJobDefinition": created(
            "batch:RegisterJobDefinition", "job-definition", "jobDefinitionName"
        ),
        "DeregisterJobDefinition": one("batch:DeregisterJobDefinition", "job-definition", "jobDefinition"),
        "TagResource": lambda call: [("batch:TagResource", [unquote(call["path"].rpartition("/tags/")[2])])],
    }
    for verb in ("Update", "Delete"):
        for name, kind, member in (
            ("ComputeEnvironment", "compute-environment", "computeEnvironment"),
            ("JobQueue", "job-queue", "jobQueue"),
            ("SchedulingPolicy", "scheduling-policy", "arn"),
        ):
            table[f"{verb}{name}"] = one(f"batch:{verb}{name}", kind, member)
    for name in (
        "DescribeJobs",
        "ListJobs",
        "DescribeComputeEnvironments",
        "DescribeJobQueues",
        "DescribeJobDefinitions",
        "DescribeSchedulingPolicies",
        "ListSchedulingPolicies",
    ):
        table[name] = everywhere(f"batch:{name}")
    return table


def refused(calls: list[dict[str, Any]], allowed: Permissions) -> list[tuple[str, list[str]]]:
    return [
        (action, resources)
        for call in calls
        if not call["operation"].startswith("logs:")
        for action, resources in what_aws_checks()[call["operation"]](call)
        if not allowed.allow(action, *resources)
    ]


def log_streams(region: LocalBatchRegion, calls: list[dict[str, Any]]) -> list[str]:
    """ARNs of the streams of all jobs that were described."""
    ids = {
        job_id for call in calls if call["operation"] == "DescribeJobs" for job_id in call["request"]["jobs"]
    }
    jobs = region.client().describe_jobs(jobs=sorted(ids))["jobs"]
    prefix = f"arn:aws:logs:{region.region}:{ACCOUNT}:log-group:/aws/batch/job:log-stream:"
    return [
        prefix + attempt["container"]["logStreamName"]
        for job in jobs
        for attempt in job["attempts"]
        if "logStreamName" in attempt["container"]
    ]


def operations(calls: list[dict[str, Any]]) -> set[str]:
    return {call["operation"] for call in calls}


def test_everything_that_the_resource_commands_call_is_allowed(region, capsys):
    main(["resources", "apply", "nightly.yaml"])
    changed = SPEC.replace("priority: 1", "priority: 2, tags: {team: data}").replace(
        "max_vcpus: 64", "max_vcpus: 8"
    )
    changed = changed.replace("share_decay_seconds: 60", "share_decay_seconds: 61").replace(
        "512MiB", "256MiB"
    )
    Path("nightly.yaml").write_text(changed)
    main(["resources", "apply", "nightly.yaml"])
    main(["resources", "diff", "nightly.yaml"])
    main(["resources", "delete", "nightly.yaml"])
    calls = region.requests()

    allowed = permissions("resources", region.region, capsys)

    assert refused(calls, allowed) == []
    assert operations(calls) >= {
        f"{verb}{name}"
        for verb in ("Create", "Update", "Delete")
        for name in ("ComputeEnvironment", "JobQueue", "SchedulingPolicy")
    } | {"RegisterJobDefinition", "DeregisterJobDefinition", "TagResource"}


def test_everything_that_a_run_calls_is_allowed_on_the_submitting_side(region, capsys):
    main(["resources", "apply", "nightly.yaml"])
    before = len(region.requests())
    region.script({"job_name": "nightly-*-b-*", "index": 1, "exit_code": 1, "log": ["no luck"]})
    main(["submit", *RUN, "--wait", *FAST])
    region.script({"job_name": "*", "duration_seconds": 3600})
    main(["submit", *RUN, "--run-name", "other"])
    main(["status", *RUN])
    main(["cancel", *RUN, "--run-name", "other"])
    calls = region.requests()[before:]
    region.script()

    allowed = permissions("submit", region.region, capsys)

    assert refused(calls, allowed) == []
    assert operations(calls) >= {
        "SubmitJob",
        "DescribeJobs",
        "ListJobs",
        "TerminateJobs",
        "DescribeJobDefinitions",
        "RegisterJobDefinition",
        "logs:GetLogEvents",
    }
    streams = log_streams(region, calls)
    assert streams
    assert allowed.allow("logs:GetLogEvents", *streams)


def test_everything_that_the_triggerer_calls_is_allowed(region, capsys):
    main(["resources", "apply", "nightly.yaml"])
    main(["submit", *RUN])
    listed = region.client().list_jobs(
        jobQueue="etl", filters=[{"name": "JOB_NAME", "values": ["nightly-*"]}]
    )
    ids = [job["jobId"] for job in listed["jobSummaryList"]]
    before = len(region.requests())
    trigger = BatchJobTrigger(
        job_ids=ids,
        connection={"aws_conn_id": None, "region_name": region.region},
        poll_interval_seconds=0.05,
    )

    async def first_event() -> Any:
        return await anext(trigger.run())

    asyncio.run(asyncio.wait_for(first_event(), 120))
    calls = region.requests()[before:]

    allowed = permissions("triggerer", region.region, capsys)

    assert "DescribeJobs" in operations(calls)
    assert refused(calls, allowed) == []
    assert allowed.allow("logs:GetLogEvents", *log_streams(region, calls))


def test_everything_that_a_sweep_calls_is_allowed(region, capsys):
    with serving() as airflow:
        airflow.add_run("nightly", "kept")
        main(["resources", "apply", "nightly.yaml"])
        region.script({"job_name": "*", "duration_seconds": 3600})
        for key in ("a", "b"):
            identity = JobIdentity("nightly", "gone", key)
            region.client().submit_job(
                jobName=identity.job_name,
                jobQueue="etl",
                jobDefinition="step",
                shareIdentifier="red",
                tags=identity_tags(identity, try_number=1, environment="tests"),
            )
        before = len(region.requests())
        asked = ["--airflow-url", airflow.url, "--environment", "tests", "--older-than", "0"]
        code = main(["sweep", *asked, "--terminate"])
    calls = region.requests()[before:]
    region.script()

    allowed = permissions("sweep", region.region, capsys)

    assert code == 0
    assert refused(calls, allowed) == []
    assert operations(calls) == {"DescribeJobQueues", "ListJobs", "DescribeJobs", "TerminateJobs"}


def _neighbours(name: str) -> list[tuple[str, str, str]]:
    batch, iam = f"arn:aws:batch:{name}:{ACCOUNT}", f"arn:aws:iam::{ACCOUNT}"
    logs = f"arn:aws:logs:{name}:{ACCOUNT}:log-group"
    return [
        ("submit", "batch:SubmitJob", f"{batch}:job-queue/etl-prod"),
        ("submit", "batch:SubmitJob", f"{batch}:job-queue/et"),
        ("submit", "batch:SubmitJob", f"{batch}:job-definition/steps"),
        ("submit", "batch:SubmitJob", f"{batch}:job-definition/steps:1"),
        ("submit", "batch:SubmitJob", f"arn:aws:batch:us-east-2:{ACCOUNT}:job-queue/etl"),
        ("submit", "batch:SubmitJob", f"arn:aws:batch:{name}:999999999999:job-queue/etl"),
        ("submit", "batch:RegisterJobDefinition", f"{batch}:job-definition/step"),
        ("submit", "batch:DeregisterJobDefinition", f"{batch}:job-definition/step:1"),
        ("submit", "batch:UpdateJobQueue", f"{batch}:job-queue/etl"),
        ("submit", "batch:TagResource", f"{batch}:job-queue/etl"),
        ("submit", "iam:PassRole", f"{iam}:role/hosts"),
        ("submit", "logs:GetLogEvents", f"{logs}:/aws/batch/job:log-stream:steps/default/1"),
        ("submit", "logs:GetLogEvents", f"{logs}:/aws/lambda/f:log-stream:step/default/1"),
        ("submit", "logs:DeleteLogStream", f"{logs}:/aws/batch/job:log-stream:step/default/1"),
        ("triggerer", "batch:SubmitJob", f"{batch}:job-queue/etl"),
        ("triggerer", "batch:RegisterJobDefinition", f"{batch}:job-definition/step"),
        ("triggerer", "batch:CancelJob", f"{batch}:job/1"),
        ("sweep", "batch:SubmitJob", f"{batch}:job-queue/etl"),
        ("sweep", "batch:CancelJob", f"{batch}:job/1"),
        ("resources", "batch:SubmitJob", f"{batch}:job-queue/etl"),
        ("resources", "batch:TerminateJob", f"{batch}:job/1"),
        ("resources", "batch:DeleteJobQueue", f"{batch}:job-queue/etl-prod"),
        ("resources", "batch:UpdateComputeEnvironment", f"{batch}:compute-environment/hosts-2"),
        ("resources", "batch:DeregisterJobDefinition", f"{batch}:job-definition/steps:1"),
        ("resources", "iam:PassRole", f"{iam}:role/admin"),
        ("resources", "iam:CreateRole", f"{iam}:role/hosts"),
    ]


def test_neighbouring_calls_are_denied(region, capsys):
    allowed = {
        side: permissions(side, region.region, capsys)
        for side in ("submit", "triggerer", "resources", "sweep")
    }

    neighbours = _neighbours(region.region)

    assert len(neighbours) >= 20
    assert [call for call in neighbours if allowed[call[0]].allow(*call[1:])] == []
