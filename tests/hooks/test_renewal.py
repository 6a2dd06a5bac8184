"""``BatchHook`` with real clients, whose keys an endpoint refuses."""

import json
from collections.abc import Iterator

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError, EndpointConnectionError

from airflow_batch_provider.batch.job import JobDescription
from airflow_batch_provider.errors import ConnectionSettingsError
from airflow_batch_provider.hooks.batch import BatchHook
from airflow_batch_provider.hooks.connection import AwsConnection
from airflow_batch_provider.hooks.translation import airflow_errors
from tests.fakes import job_detail
from tests.key_proxy import KeyProxy


class Aws(KeyProxy):
    """Answers requests instead of forwarding them."""

    def forward(self, path, headers, body):
        answer = {"jobs": []} if "describejobs" in path else {"events": [], "nextForwardToken": "f"}
        return 200, [("Content-Type", "application/json")], json.dumps(answer).encode()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with Aws("http://unused").running() as aws:
        yield aws


@pytest.fixture
def define(monkeypatch, aws):
    """Define the connection `aws_team`."""

    def define(login, **extra):
        settings = {"region_name": "eu-west-1", "endpoint_url": aws.url, **extra}
        uri = {"conn_type": "aws", "login": login, "password": "p", "extra": settings}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_TEAM", json.dumps(uri))

    return define


@pytest.fixture
def hook(define):
    define("OLD")
    return BatchHook.of(AwsConnection(aws_conn_id="aws_team"))


def test_a_refused_key_is_replaced_by_the_one_in_the_connection(aws, define, hook):
    hook.batch.describe(["a"])
    aws.refuse("OLD")
    define("NEW")
    with pytest.raises(ClientError):
        hook.renew().batch.describe(["a"])

    assert hook.renew().batch.describe(["a"]) == {}
    assert (sum(aws.accepted.values()), sum(aws.refused.values())) == (2, 1)


def test_a_refusal_that_a_reader_of_logs_swallows_is_noticed(aws, define, hook):
    assert hook.logs.read("s/1", lines_max=5).error is None
    aws.refuse("OLD")
    define("NEW")
    assert "ExpiredTokenException" in (hook.logs.read("s/1", lines_max=5).error or "")

    assert hook.renew().logs.read("s/1", lines_max=5).error is None


def test_the_clients_stay_while_their_key_is_accepted(hook):
    batch, logs = hook.batch, hook.logs

    assert (hook.renew().batch, hook.logs) == (batch, logs)


def test_a_report_is_read_again_after_a_refusal(aws, define, hook):
    job = JobDescription.from_aws(
        job_detail("a", "SUCCEEDED", container={"logStreamName": "s/1"}, attempts=[{}])
    )
    hook.batch.describe(["a"])
    aws.refuse("OLD")
    define("NEW")

    report = hook.report(job, "align")

    assert not any("ExpiredToken" in line for line in report.lines())


def test_a_report_in_a_signal_handler_does_not_call_airflow(aws, define, hook):
    job = JobDescription.from_aws(
        job_detail("a", "SUCCEEDED", container={"logStreamName": "s/1"}, attempts=[{}])
    )
    hook.batch.describe(["a"])
    aws.refuse("OLD")
    define("NEW")

    report = hook.report(job, "align", renews=False)

    assert any("ExpiredToken" in line for line in report.lines())


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"region_name": None}, "no AWS Region is set; use --region, set AWS_DEFAULT_REGION"),
        (
            {"endpoint_url": "nonsense"},
            "Invalid endpoint: nonsense; set endpoint_url of the Airflow connection",
        ),
        ({"profile_name": "nope"}, r"The config profile \(nope\) could not be found; check profile_name"),
        ({"config_kwargs": {"foo": 1}}, "TypeError: Got unexpected keyword argument 'foo'"),
        (
            {"role_arn": "arn:x", "assume_role_method": "bad"},
            "NotImplementedError: Found assume_role_method='bad'",
        ),
        ({"region_name": "not a region"}, "doesn't match a supported format"),
    ],
)
def test_settings_that_make_no_client_name_the_connection(monkeypatch, define, hook, extra, reason):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    define("OLD", **extra)

    with pytest.raises(
        ConnectionSettingsError, match=f"Airflow connection 'aws_team' cannot be used: .*{reason}"
    ):
        _ = hook.batch


def test_corrected_settings_are_used(define, hook):
    define("OLD", endpoint_url="nonsense")
    with pytest.raises(ConnectionSettingsError):
        _ = hook.batch
    define("OLD")

    assert hook.renew().batch.describe(["a"]) == {}


def test_a_refusal_in_a_task_costs_a_retry_and_says_what_to_do(aws, hook):
    aws.refuse("OLD")

    said = r"\(ExpiredTokenException\); renew the credentials"
    with pytest.raises(AirflowException, match=said) as raised, airflow_errors():
        hook.batch.describe(["a"])

    assert type(raised.value) is AirflowException


def test_an_endpoint_that_has_moved_is_found_in_the_connection(aws, define, hook):
    define("OLD", endpoint_url="http://127.0.0.1:9", config_kwargs={"retries": {"total_max_attempts": 1}})
    with pytest.raises(EndpointConnectionError):
        hook.batch.describe(["a"])
    define("OLD")

    assert hook.renew().batch.describe(["a"]) == {}
