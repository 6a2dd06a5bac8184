"""What to do about each kind of error that boto3 calls raise: one table for all callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from airflow_batch_provider.batch.error_kinds import ErrorKind, is_invalid_endpoint, kind_of
from airflow_batch_provider.errors import ConnectionSettingsError


@dataclass(frozen=True, slots=True)
class Handling:
    """
    What to do after a call that failed.

    :param repeats_call: the same call may succeed within seconds.
    :param keeps_waiting: it is no reason to stop waiting for a job, which runs all the same.
    :param retries_task: an Airflow retry may succeed without a change of the workflow.
    :param remedy: what a user can do.
    :param why_final: why an Airflow retry cannot succeed; empty if it may.
    :param concerns_job: the call failed because of its job: the other jobs of a workflow may be accepted.
    """

    repeats_call: bool
    keeps_waiting: bool
    retries_task: bool
    remedy: str
    why_final: str = ""
    concerns_job: bool = False


HANDLING: Final[dict[ErrorKind, Handling]] = {
    ErrorKind.THROTTLING: Handling(True, True, True, "try again later, or submit fewer jobs at a time"),
    ErrorKind.SERVER: Handling(True, True, True, "try again later, and check the AWS Health Dashboard"),
    ErrorKind.NETWORK: Handling(
        True,
        True,
        True,
        "check the endpoint and the Region of the connection, DNS, proxies and firewalls",
    ),
    ErrorKind.PROXY: Handling(
        True,
        True,
        True,
        "check the proxy: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, and 'proxies' in botocore_config",
    ),
    ErrorKind.TLS: Handling(
        False,
        True,
        True,
        "set 'verify' to the path of the CA bundle that signed the endpoint's certificate, or correct the "
        "endpoint",
    ),
    ErrorKind.CLOCK: Handling(
        False, True, True, "set the clock of this machine: AWS rejects requests that are 5 to 15 minutes off"
    ),
    ErrorKind.SETTINGS: Handling(
        False, True, True, "correct the settings of the connection: Region, endpoint, profile, extra"
    ),
    ErrorKind.CREDENTIALS: Handling(False, True, True, "renew the credentials of the connection"),
    ErrorKind.PERMISSION: Handling(
        False,
        True,
        True,
        "allow the action; `airflow-batch policy` prints the policy that a workflow needs",
        concerns_job=True,
    ),
    ErrorKind.MISSING: Handling(
        False,
        False,
        False,
        "create it or correct its name",
        "nothing changes until it exists; then clear the task",
        concerns_job=True,
    ),
    ErrorKind.DISABLED: Handling(
        False, False, True, "enable it and wait until its status is VALID", concerns_job=True
    ),
    ErrorKind.LIMIT: Handling(
        False,
        False,
        False,
        "make the request smaller or split the job",
        "the same request would exceed the limit again; change it, then clear the task",
        concerns_job=True,
    ),
    ErrorKind.QUOTA: Handling(
        False,
        False,
        True,
        "wait until other jobs have ended, or request a higher quota in Service Quotas",
        concerns_job=True,
    ),
    ErrorKind.INVALID: Handling(
        False,
        False,
        False,
        "correct the job in the workflow",
        "the same request would be rejected again; change it, then clear the task",
        concerns_job=True,
    ),
    ErrorKind.OTHER: Handling(False, False, True, "see the error message"),
}
"""
The table. Permissions take minutes to reach all of AWS, a disabled queue is often enabled again, and a quota
is free again when other jobs end. A wrong name, a limit or an invalid request needs a change.
"""

REFUSALS: Final = frozenset(
    {ErrorKind.CREDENTIALS, ErrorKind.PERMISSION, ErrorKind.CLOCK, ErrorKind.SETTINGS, ErrorKind.TLS}
)
"""The kinds that end when a user renews credentials or edits the connection, not by themselves."""


def handling_of(error: BaseException) -> Handling:
    """Return what to do after this error."""
    return HANDLING[kind_of(error)]


def is_transient(error: BaseException) -> bool:
    """Return whether the same call could succeed within seconds: throttling, a server or network error."""
    return handling_of(error).repeats_call


def is_refusal(error: BaseException) -> bool:
    """Return whether AWS refuses the credentials, or the connection's settings do not reach it."""
    return kind_of(error) in REFUSALS


def is_of_connection(error: BaseException) -> bool:
    """Return whether an edit of the connection may help: a refusal, or an endpoint that does not answer."""
    return is_refusal(error) or kind_of(error) in (ErrorKind.NETWORK, ErrorKind.PROXY)


def is_aws_error(error: BaseException) -> bool:
    """Return whether a boto3 call, or the creation of its client, raised this error."""
    return isinstance(error, ClientError | BotoCoreError) or kind_of(error) is ErrorKind.SETTINGS


def describe(error: BaseException) -> str:
    """Return what failed, why, and what to do, without the error's class."""
    if isinstance(error, ConnectionSettingsError):
        return str(error)
    operation = f"AWS rejected {error.operation_name}: " if isinstance(error, ClientError) else ""
    return f"{operation}{advice(error)}"


def advice(error: BaseException) -> str:
    """Return what AWS or botocore said, and what a user can do."""
    return f"{_said_by(error)}; {remedy_of(error)}"


def _said_by(error: BaseException) -> str:
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        return f"{str(detail.get('Message')).strip().rstrip('.')} ({detail.get('Code')})"
    if isinstance(error, NoRegionError):
        return "no AWS Region is set"
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials found"
    return str(error).strip().rstrip(".") or type(error).__name__


def remedy_of(error: BaseException) -> str:
    """Return what a user can do about this error."""
    if isinstance(error, NoRegionError | InvalidRegionError):
        return (
            "use --region, set AWS_DEFAULT_REGION, or set region_name under 'connection' in the spec or in "
            "the extra of the Airflow connection"
        )
    if isinstance(error, ProfileNotFound):
        return "check profile_name of the Airflow connection, --profile and AWS_PROFILE"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "set the access key of the Airflow connection; without one, boto3 looks for AWS_PROFILE, "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the IAM role of the host"
        )
    if is_invalid_endpoint(error):
        return "set endpoint_url of the Airflow connection, or AWS_ENDPOINT_URL, to http(s)://host:port"
    return handling_of(error).remedy
