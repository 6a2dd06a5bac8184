"""AWS connection options, and error handling for the commands that call AWS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.errors import BatchProviderError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError

if TYPE_CHECKING:
    from airflow_batch_provider.batch.session import AwsSession
    from airflow_batch_provider.spec.models import Workflow

Command = Callable[[argparse.Namespace], int]


def add_connection(parser: argparse.ArgumentParser, *, has_spec: bool = True) -> None:
    """Add the options that select the account and the Region."""
    first = "region_name of the spec, then " if has_spec else ""
    parser.add_argument("--region", help=f"AWS Region (default: {first}boto3's default Region)")
    parser.add_argument("--profile", help="profile of the AWS configuration files")


def open_session(options: argparse.Namespace, workflow: Workflow) -> AwsSession:
    """
    Return a session for the Region and profile of the options and the spec.

    The spec's ``aws_conn_id`` names an Airflow connection and is ignored; credentials come from
    boto3's default chain.
    """
    from airflow_batch_provider.batch.session import AwsSession

    connection = workflow.connection
    return AwsSession(
        region_name=options.region or connection.region_name,
        profile_name=options.profile,
        verify=connection.verify,
        botocore_config=connection.botocore_config or {},
    )


def exit_on_error(command: Command) -> Command:
    """Turn the errors of a command into a message on stderr and an exit code, without a traceback."""

    @wraps(command)
    def run(options: argparse.Namespace) -> int:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return command(options)
        except InvalidSpecError as error:
            return _fail(ExitCode.FOUND, *map(str, error.findings))
        except BatchProviderError as error:
            return _fail(ExitCode.FOUND, f"airflow-batch: {error}")
        except (BotoCoreError, ClientError) as error:
            return _fail(ExitCode.AWS, f"airflow-batch: {_describe_aws_error(error)}")
        except ValueError as error:  # botocore's error for an endpoint that is not a URL
            if "Invalid endpoint" not in str(error):
                raise
            return _fail(ExitCode.AWS, f"airflow-batch: {error}; check AWS_ENDPOINT_URL (http://host:port)")
        except KeyboardInterrupt:
            return _fail(ExitCode.INTERRUPTED, "airflow-batch: interrupted")

    return run


def _fail(code: ExitCode, *lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code


def _describe_aws_error(error: Exception) -> str:
    from botocore.exceptions import (
        ClientError,
        EndpointConnectionError,
        NoCredentialsError,
        NoRegionError,
        ProfileNotFound,
    )

    if isinstance(error, NoRegionError):
        return (
            "no AWS Region is set; use --region, set AWS_DEFAULT_REGION, or set 'region_name' under "
            "'connection' in the spec"
        )
    if isinstance(error, NoCredentialsError):
        return (
            "no AWS credentials found; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or run on a host with an IAM role"
        )
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        message = str(detail.get("Message")).rstrip(".")
        return f"AWS rejected {error.operation_name}: {message} ({detail.get('Code')})"
    if isinstance(error, ProfileNotFound):
        return f"{error}; check --profile and AWS_PROFILE"
    if isinstance(error, EndpointConnectionError):
        return f"{error}; check --region, AWS_ENDPOINT_URL and the network"
    return f"the AWS call failed: {error}"
