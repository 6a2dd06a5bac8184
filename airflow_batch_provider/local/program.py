"""Runs the local Batch from parsed command-line arguments."""

from __future__ import annotations

import argparse
import sys

from airflow_batch_provider.local.options import options_from
from airflow_batch_provider.local.server import serve
from airflow_batch_provider.local.start_error import StartError


def run(arguments: argparse.Namespace) -> int:
    """
    Serve until stopped by SIGTERM or SIGINT.

    :return: the exit code: 1 if the server could not start, 2 if an option is invalid, otherwise 0.
    """
    try:
        options = options_from(arguments)
    except ValueError as error:
        print(f"airflow-batch local: {error}", file=sys.stderr)
        return 2
    try:
        serve(options)
    except StartError as error:
        print(f"airflow-batch local: {error}", file=sys.stderr)
        return 1
    return 0
