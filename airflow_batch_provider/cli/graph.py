"""``airflow-batch graph``: draw a workflow and show who enforces each dependency."""

from __future__ import annotations

import argparse
from typing import Any

from airflow_batch_provider.cli.aws import exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.plan.drawing.graph import build_graph
from airflow_batch_provider.plan.drawing.mermaid import graph_as_mermaid
from airflow_batch_provider.plan.drawing.svg import graph_as_svg
from airflow_batch_provider.plan.drawing.text import graph_as_text
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import load_workflow

_FORMATS = {"text": graph_as_text, "mermaid": graph_as_mermaid, "svg": graph_as_svg}


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "graph",
        help="draw a workflow's jobs and dependencies",
        description="Draw a workflow's jobs and dependencies, and show whether AWS Batch or Airflow "
        "enforces each dependency.",
    )
    parser.add_argument("file", metavar="FILE", help="workflow file (YAML or JSON)")
    parser.add_argument(
        "--format", choices=_FORMATS, default="text", help="output format (default: %(default)s)"
    )
    parser.set_defaults(run=run)


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Print the graph."""
    plan = plan_workflow(load_workflow(options.file))
    print(_FORMATS[options.format](build_graph(plan)))
    return ExitCode.DONE
