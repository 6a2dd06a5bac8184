"""``airflow-batch schema``: print the JSON Schema of workflow files, for editors."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.spec.json_schema import published_schema


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of workflow files",
        description="Print the JSON Schema of workflow files. Editors use it for completion and validation.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Print the schema."""
    print(published_schema(), end="")
    return 0
