"""AWS connection options, and error handling for the commands that call AWS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.errors import AwsCallError, BatchProviderError
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
        from airflow_batch_provider.batch.api_errors import describe, is_aws_error

        try:
            return command(options)
        except InvalidSpecError as error:
            return _fail(ExitCode.FOUND, *map(str, error.findings))
        except AwsCallError as error:
            return _fail(ExitCode.AWS, f"airflow-batch: {error}")
        except BatchProviderError as error:
            return _fail(ExitCode.FOUND, f"airflow-batch: {error}")
        except KeyboardInterrupt:
            return _fail(ExitCode.INTERRUPTED, "airflow-batch: interrupted")
        except Exception as error:
            if not is_aws_error(error):
                raise
            return _fail(ExitCode.AWS, f"airflow-batch: {describe(error)}")

    return run


def _fail(code: ExitCode, *lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code
