"""Classification of AWS's reason texts, as AWS Batch and the ECS list of errors give them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_batch_provider.batch.failures.classification import FAILURE_RULES, FailureClass, classify
from airflow_batch_provider.batch.job import JobDescription, JobSummary
from tests.fakes import job_detail

FAILED = replace(
    JobDescription.from_aws(job_detail("3f2a", "FAILED")), status_reason="Essential container in task exited"
)
STARTLESS = "Task failed to start"
BLOCKED = "Canceled by JobStateTimeLimit action due to reason: "


@pytest.mark.parametrize(
    ("kind", "retryable", "status_reason", "container_reason", "exit_code"),
    [
        ("USER", True, None, None, 3),
        ("USER", True, None, None, 137),
        ("USER", True, "Array Child Job failed", None, None),
        ("DEPENDENCY", True, "Dependent Job failed", None, None),
        ("TIMEOUT", True, "Job attempt duration exceeded timeout", None, 137),
        ("SPOT", True, "Host EC2 (instance i-0123) terminated.", None, None),
        ("SPOT", True, "Your Spot Task was interrupted.", None, 143),
        ("OOM", True, None, "OutOfMemoryError: Container killed due to memory usage", 24),
        ("IMAGE", False, STARTLESS, "CannotPullContainerError: pull image manifest has been retried", None),
        ("IMAGE", False, STARTLESS, "CannotPullECRContainerError: AccessDeniedException", None),
        ("IMAGE", True, STARTLESS, "CannotPullContainerError: dial tcp 10.0.0.1:443: i/o timeout", None),
        ("IMAGE", True, STARTLESS, "CannotPullContainerError: toomanyrequests: rate limit", None),
        (
            "MISCONFIGURATION",
            False,
            STARTLESS,
            'CannotStartContainerError: exec: "sh": executable file not found in $PATH',
            None,
        ),
        (
            "MISCONFIGURATION",
            False,
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement …",
            None,
            None,
        ),
        ("MISCONFIGURATION", False, BLOCKED + "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", None, None),
        ("MISCONFIGURATION", False, "Container Overrides length must be at most 8192", None, None),
        ("TERMINATED", True, BLOCKED + "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", None, None),
        ("TERMINATED", True, "JobQueue deleted", None, None),
        ("TERMINATED", True, "Operator cancelled", None, None),
        ("HOST", True, STARTLESS, "DockerTimeoutError: Could not transition to created", None),
        ("HOST", True, STARTLESS, "ResourceInitializationError: failed to fetch secret", None),
        ("HOST", True, None, "CannotInspectContainerError: Could not transition to inspecting", None),
        ("HOST", True, STARTLESS, None, None),
    ],
)
def test_failure_is_classified_by_aws_reasons(kind, retryable, status_reason, container_reason, exit_code):
    failure = classify(
        replace(
            FAILED,
            status_reason=status_reason or FAILED.status_reason,
            container_reason=container_reason,
            exit_code=exit_code,
        )
    )

    assert (failure.kind, failure.retryable) == (kind, retryable)


def test_terminated_job_is_not_a_failure_of_its_program():
    job = replace(FAILED, exit_code=143, is_ending=True)

    assert classify(job).kind == "TERMINATED"


def test_listed_child_is_classified_like_a_described_job():
    listed = JobSummary.from_aws(
        {
            "jobId": "a:3",
            "jobName": "a",
            "status": "FAILED",
            "statusReason": "Essential container in task exited",
            "container": {
                "exitCode": 137,
                "reason": "OutOfMemoryError: Container killed due to memory usage",
            },
        }
    )

    assert classify(listed).kind == "OOM"


def test_every_rule_has_a_source():
    assert all(rule.source.startswith("https://") for rule in FAILURE_RULES)


def test_every_class_is_documented():
    text = (Path(__file__).parents[3] / "docs" / "failures-logs-and-arrays.md").read_text()

    assert set(FailureClass) == set(re.findall(r"^\| `([A-Z]+)` \|", text, re.MULTILINE))
