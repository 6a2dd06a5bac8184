"""The kinds of errors that come from a connection, and the advice for each."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    InvalidProxiesConfigError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
)

from airflow_batch_provider.batch.api_errors import describe, handling_of, is_aws_error, is_refusal
from airflow_batch_provider.batch.error_kinds import ErrorKind, kind_of
from airflow_batch_provider.errors import ConnectionSettingsError, RequestError
from tests.fakes import aws_error, throttled

URL = "https://batch.eu-west-9.amazonaws.com"


def invalid_endpoint() -> ValueError:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y", region_name="eu-west-1")
    with pytest.raises(ValueError, match="endpoint") as raised:
        session.client("batch", endpoint_url="no url")
    return raised.value


def signature(text: str) -> Exception:
    return aws_error("DescribeJobs", 403, "InvalidSignatureException", text)


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (EndpointConnectionError(endpoint_url=URL), ErrorKind.NETWORK, "check the endpoint and the Region"),
        (ConnectTimeoutError(endpoint_url=URL), ErrorKind.NETWORK, "check the endpoint and the Region"),
        (ProxyConnectionError(proxy_url="http://p"), ErrorKind.PROXY, "check the proxy: HTTP_PROXY"),
        (SSLError(endpoint_url=URL, error="self-signed"), ErrorKind.TLS, "set 'verify' to the path"),
        (NoRegionError(), ErrorKind.SETTINGS, "no AWS Region is set; use --region, set AWS_DEFAULT_REGION"),
        (ProfileNotFound(profile="x"), ErrorKind.SETTINGS, "check profile_name of the Airflow connection"),
        (InvalidProxiesConfigError(), ErrorKind.SETTINGS, "correct the settings of the connection"),
        (NoCredentialsError(), ErrorKind.CREDENTIALS, "no AWS credentials found; set the access key"),
        (signature("The request signature we calculated …"), ErrorKind.CREDENTIALS, "renew the credentials"),
        (signature("Signature expired: 20261129T000000Z is now earlier"), ErrorKind.CLOCK, "set the clock"),
        (
            aws_error("DescribeJobs", 403, "RequestTimeTooSkewed", "The difference between …"),
            ErrorKind.CLOCK,
            "set the clock",
        ),
        (ConnectionSettingsError("its extra is broken; correct it"), ErrorKind.SETTINGS, "correct it"),
        (throttled(), ErrorKind.THROTTLING, "submit fewer jobs at a time"),
    ],
)
def test_each_error_has_its_own_advice(error, kind, advice):
    assert kind_of(error) is kind
    assert advice in describe(error)
    assert ("submit fewer jobs" in describe(error)) == (kind is ErrorKind.THROTTLING)


def test_an_endpoint_that_is_no_url_is_an_error_of_the_settings():
    error = invalid_endpoint()

    assert (kind_of(error), is_aws_error(error)) == (ErrorKind.SETTINGS, True)
    assert "to http(s)://host:port" in describe(error)


@pytest.mark.parametrize(
    "error", [ValueError("x"), TypeError("x"), RequestError("x"), json.JSONDecodeError("", "", 0)]
)
def test_other_errors_do_not_come_from_aws(error):
    assert not is_aws_error(error)
    assert not is_refusal(error)


def test_every_refusal_is_a_reason_to_wait_and_to_retry():
    for error in (
        NoRegionError(),
        NoCredentialsError(),
        SSLError(endpoint_url=URL, error="x"),
        invalid_endpoint(),
    ):
        handling = handling_of(error)

        assert is_refusal(error)
        assert (handling.repeats_call, handling.keeps_waiting, handling.retries_task) == (False, True, True)


def test_a_real_client_without_a_region_raises_an_error_of_the_settings(monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")

    with pytest.raises(NoRegionError) as raised:
        boto3.Session().client("batch", config=Config())

    assert is_refusal(raised.value)
