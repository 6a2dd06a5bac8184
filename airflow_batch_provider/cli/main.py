"""``airflow-batch``: parse the command line and run a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from airflow_batch_provider import __version__
from airflow_batch_provider.cli import (
    cancel,
    doctor,
    graph,
    hold,
    local,
    plan,
    policy,
    resources,
    schema,
    status,
    submit,
    sweep,
    validate,
)

_COMMANDS = (
    validate,
    plan,
    graph,
    schema,
    policy,
    doctor,
    resources,
    submit,
    status,
    cancel,
    hold,
    sweep,
    local,
)

_BROKEN_PIPE: Final = 141
"""The exit code that a shell reports for a program ended by SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        exit_code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, for example `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="airflow-batch",
        description="Check, submit and monitor workflows of AWS Batch jobs.",
        epilog="Run 'airflow-batch COMMAND --help' for the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
