"""Operator links to the AWS console."""

import pytest

from airflow_batch_provider.batch.console import ConsoleReference
from airflow_batch_provider.links.batch import (
    BATCH_LINKS,
    BatchJobDefinitionLink,
    BatchJobLink,
    BatchJobLogLink,
    BatchJobQueueLink,
)
from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator

REFERENCE = ConsoleReference("eu-west-1", "aws", "job-1", "arn:d", "arn:q", "/group", "stream")


def operator_with(reference):
    operator = BatchJobOperator(task_id="a", adopt="job-1")
    operator.console_reference = reference
    return operator


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (BatchJobLink(), REFERENCE.job_url),
        (BatchJobDefinitionLink(), REFERENCE.job_definition_url),
        (BatchJobQueueLink(), REFERENCE.job_queue_url),
        (BatchJobLogLink(), REFERENCE.log_url),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_link_points_to_followed_job(link, url):
    assert url.startswith("https://")
    assert link.get_link(operator_with(REFERENCE), ti_key=None) == url


@pytest.mark.parametrize("link", BATCH_LINKS, ids=lambda link: link.name)
def test_link_without_a_target_is_empty(link):
    assert link.get_link(operator_with(None), ti_key=None) == ""


def test_operator_extra_links():
    assert [link.name for link in BatchJobOperator.operator_extra_links] == [
        "Batch job",
        "Batch job definition",
        "Batch job queue",
        "Batch job log",
    ]
    assert [link.name for link in BatchSubmitJobOperator.operator_extra_links] == ["Batch job"]
