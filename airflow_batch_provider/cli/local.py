"""``airflow-batch local``: a local AWS Batch endpoint."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from airflow_batch_provider.local.options import add_arguments


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "local", help="run a local AWS Batch endpoint that executes the commands of jobs"
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped by SIGTERM or SIGINT, and return the exit code."""
    try:
        from airflow_batch_provider.local import program
    except ModuleNotFoundError as error:
        extra = "pip install 'airflow-batch-provider[local]'"
        print(f"airflow-batch local requires {error.name}. Install it with: {extra}", file=sys.stderr)
        return 1
    return program.run(arguments)
