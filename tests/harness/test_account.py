"""The AWS resources of the demo's workflow."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.account import BUCKET, JOB_QUEUE, RAW_PRICES, aws_client, set_up_account
from harness.lifeline import Lifeline
from harness.local_batch import LocalBatchProcess
from harness.stack import REPOSITORY

PRICES = REPOSITORY / "dags" / "data" / "stocks.csv"


@pytest.fixture(scope="module")
def account_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An endpoint whose resources were set up twice."""
    lifeline = Lifeline()
    with LocalBatchProcess(tmp_path_factory.mktemp("batch"), lifeline=lifeline) as batch:
        set_up_account(batch.url, PRICES)
        set_up_account(batch.url, PRICES)
        yield batch.url
    lifeline.release()


def test_queue_accepts_jobs(account_url: str):
    [queue] = aws_client("batch", account_url).describe_job_queues(jobQueues=[JOB_QUEUE])["jobQueues"]

    assert (queue["state"], queue["status"]) == ("ENABLED", "VALID")


@pytest.mark.parametrize("name", ["trade-clean", "trade-process", "trade-model", "trade-store", "step"])
def test_second_setup_registers_no_new_revision(account_url: str, name: str):
    described = aws_client("batch", account_url).describe_job_definitions(jobDefinitionName=name)

    assert [definition["revision"] for definition in described["jobDefinitions"]] == [1]


def test_raw_prices_are_uploaded(account_url: str):
    response = aws_client("s3", account_url).get_object(Bucket=BUCKET, Key=RAW_PRICES)

    assert response["Body"].read() == Path(PRICES).read_bytes()
