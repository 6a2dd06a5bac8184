"""What each operation declares: whether it reads, and which jobs it changes."""

import json
from typing import Any

import pytest

from airflow_batch_provider.local.api.operations import OPERATIONS
from airflow_batch_provider.local.api.request import ApiSettings, Request
from airflow_batch_provider.local.lifecycle.jobs import Job
from tests.local.simulation import Simulation

READ_VERBS = ("Describe", "List", "Get")


def changed(simulation: Simulation, operation: str, params: Any, result: Any) -> list[Job]:
    request = Request(simulation.region, simulation.now, params, size=0, settings=ApiSettings())
    return list(OPERATIONS[operation].jobs_changed(request, result))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_declared_as_a_read_as_its_name_on_aws_suggests(name: str) -> None:
    assert OPERATIONS[name].is_read == name.startswith(READ_VERBS)


@pytest.mark.parametrize(
    ("operation", "params", "result"),
    [
        ("SubmitJob", {}, {"jobId": "ID"}),
        ("CancelJob", {"jobId": "ID"}, {}),
        ("TerminateJob", {"jobId": "ID"}, {}),
        ("CancelJobs", {"jobs": ["unknown", "ID"]}, {}),
        ("TerminateJobs", {"jobs": ["unknown", "ID"]}, {}),
        ("TagResource", {"resourceArn": "arn:aws:batch:eu-west-1:123456789012:job/ID"}, {}),
        ("UntagResource", {"resourceArn": "arn:aws:batch:eu-west-1:123456789012:job/ID"}, {}),
    ],
)
def test_an_operation_on_jobs_reports_them_as_changed(
    simulation: Simulation, operation: str, params: dict[str, Any], result: dict[str, Any]
) -> None:
    job = simulation.submit(simulation.queue())

    params, result = json.loads(json.dumps([params, result]).replace("ID", job.job_id))

    assert changed(simulation, operation, params, result) == [job]


def test_tagging_another_resource_changes_no_job(simulation: Simulation) -> None:
    arn = "arn:aws:batch:eu-west-1:123456789012:job-queue/q"

    assert changed(simulation, "TagResource", {"resourceArn": arn}, {}) == []


def test_an_operation_on_an_unknown_job_changes_no_job(simulation: Simulation) -> None:
    assert changed(simulation, "TerminateJob", {"jobId": "unknown"}, {}) == []
