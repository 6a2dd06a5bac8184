"""URLs in the AWS console."""

import pytest

from airflow_batch_provider.batch.console import ConsoleReference

JOB = ConsoleReference(
    region_name="eu-west-1",
    job_id="3f2a:7",
    job_definition="arn:aws:batch:eu-west-1:123456789012:job-definition/step:7",
    job_queue="arn:aws:batch:eu-west-1:123456789012:job-queue/etl",
    log_group="/aws/batch/job",
    log_stream="step/default/[1]",
)
BATCH = "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1"


def test_job_url():
    assert JOB.job_url == f"{BATCH}#jobs/detail/3f2a:7"


def test_job_definition_url():
    assert JOB.job_definition_url == f"{BATCH}#job-definition/detail/{JOB.job_definition}"


def test_job_queue_url():
    assert JOB.job_queue_url == f"{BATCH}#queues/detail/{JOB.job_queue}"


def test_log_url_is_quoted_as_the_console_requires():
    assert JOB.log_url == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob/log-events/step$252Fdefault$252F$255B1$255D"
    )


@pytest.mark.parametrize(
    ("partition", "domain"),
    [
        ("aws", "aws.amazon.com"),
        ("aws-cn", "amazonaws.cn"),
        ("aws-us-gov", "amazonaws-us-gov.com"),
        ("aws-iso", "aws.amazon.com"),
    ],
)
def test_each_partition_has_its_own_console_domain(partition, domain):
    reference = ConsoleReference("r-1", partition, job_id="j")

    assert reference.job_url == f"https://r-1.console.{domain}/batch/home?region=r-1#jobs/detail/j"


def test_unknown_targets_have_empty_urls():
    nothing = ConsoleReference("eu-west-1", log_group="/aws/batch/job")

    assert [nothing.job_url, nothing.job_definition_url, nothing.job_queue_url, nothing.log_url] == [""] * 4
