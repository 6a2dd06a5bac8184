"""``airflow-batch validate``: check workflow files."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError
from airflow_batch_provider.spec.loader import read_workflow


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "validate",
        help="check workflow files",
        description="Check workflow files and print all errors and warnings, with line and column. "
        "Exits with 1 if a file has errors; warnings do not count. Does not connect to AWS.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="workflow file (YAML or JSON)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the findings of every file, one per line; return 1 if a file has errors."""
    is_valid = [_validate(file) for file in options.files]
    return 0 if all(is_valid) else 1


def _validate(file: str) -> bool:
    try:
        loaded = read_workflow(file)
    except InvalidSpecError as error:
        for finding in error.findings:
            print(finding)
        return False
    for finding in loaded.warnings:
        print(finding)
    workflow = loaded.workflow
    jobs = f"{len(workflow.jobs)} job{'' if len(workflow.jobs) == 1 else 's'}"
    print(f"{file}: workflow '{workflow.workflow}', {jobs}, {_count(loaded.warnings)}")
    return True


def _count(warnings: tuple[Finding, ...]) -> str:
    if not warnings:
        return "no errors"
    return f"no errors, {len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'}"
