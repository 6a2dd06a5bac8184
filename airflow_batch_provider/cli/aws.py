"""What the commands that speak to AWS share: the connection, and errors told in a sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.errors import BatchProviderError
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.models import Workflow

if TYPE_CHECKING:
    from airflow_batch_provider.batch.session import AwsSession

Command = Callable[[argparse.Namespace], int]


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which account and Region."""
    parser.add_argument("--region", help="the AWS Region; that of the spec or of boto3's chain unless given")
    parser.add_argument("--profile", help="a profile of the AWS configuration files")


def session_of(options: argparse.Namespace, workflow: Workflow) -> AwsSession:
    """
    Connect as the spec and the options say.

    The spec's ``aws_conn_id`` is Airflow's; here boto3's own chain of credentials takes its place.
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
    """Let a command end with a sentence and an exit code where something fails; never with a traceback."""

    @wraps(command)
    def told(options: argparse.Namespace) -> int:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return command(options)
        except InvalidSpecError as error:
            return _tell(ExitCode.FOUND, *map(str, error.findings))
        except BatchProviderError as error:
            return _tell(ExitCode.FOUND, f"airflow-batch: {error}")
        except (BotoCoreError, ClientError) as error:
            return _tell(ExitCode.AWS, f"airflow-batch: {_said_by_aws(error)}")
        except KeyboardInterrupt:
            return _tell(ExitCode.INTERRUPTED, "airflow-batch: interrupted")

    return told


def _tell(code: ExitCode, *lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code


def _said_by_aws(error: Exception) -> str:
    from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

    if isinstance(error, NoRegionError):
        return "no AWS Region is set; say --region, or 'region_name' under 'connection' of the spec"
    if isinstance(error, NoCredentialsError):
        return (
            "boto3 finds no AWS credentials; set AWS_PROFILE, AWS_ACCESS_KEY_ID, or run where a role is given"
        )
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        return f"AWS refused {error.operation_name}: {detail.get('Message')} ({detail.get('Code')})"
    return f"AWS could not be asked: {error}"
