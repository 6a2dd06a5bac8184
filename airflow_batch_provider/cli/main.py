"""``airflow-batch``: the commands and what they share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    exit_code: int = options.run(options)
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
