"""``AwsSession``: boto3's own credentials, which can be renewed while a command waits."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from airflow_batch_provider.batch.session import AwsSession
from tests.key_proxy import KeyProxy


class Aws(KeyProxy):
    """Answers DescribeJobs instead of forwarding it."""

    def forward(self, path, headers, body):
        return 200, [("Content-Type", "application/json")], json.dumps({"jobs": []}).encode()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with Aws("http://unused").running() as aws:
        yield aws


@pytest.fixture
def write_key(monkeypatch, tmp_path, aws):
    """Write the file ``~/.aws/credentials``."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)

    def write(key):
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n"
        (tmp_path / "credentials").write_text(text)

    return write


def test_a_key_that_was_replaced_in_the_file_is_read_after_a_refusal(aws, write_key):
    write_key("OLD")
    session = AwsSession("eu-west-1")
    assert session.describe(["a"]) == {}
    aws.refuse("OLD")
    write_key("NEW")
    with pytest.raises(ClientError):
        session.describe(["a"])

    assert session.describe(["a"]) == {}
    assert aws.accepted["NEW", "/v1/describejobs"] == 1
