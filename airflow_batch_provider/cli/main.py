"""``airflow-batch``: the commands and what they share."""

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
    local,
    plan,
    policy,
    resources,
    schema,
    status,
    submit,
    validate,
)

_COMMANDS = (validate, plan, graph, schema, policy, doctor, resources, submit, status, cancel, local)

_BROKEN_PIPE: Final = 141
"""What a shell reports of a program that SIGPIPE has ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        exit_code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads our output, `head` for example, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="airflow-batch", description="Workflows of AWS Batch jobs, on the command line."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
