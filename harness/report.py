"""The demo's report: a table of all jobs, and the insights of each month."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.account import BUCKET
from harness.demo_jobs import DemoJob
from harness.progress import COLORS, children_text

_RANKING = ("rank", "symbol", "score", "outlook", "price", "change", "trend", "volatility")
_NUMBERS_FROM = 5


def build_job_table(jobs: Sequence[DemoJob]) -> Table:
    table = Table(title="Jobs in AWS Batch", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("month", "job", "job id", "status", "children"):
        table.add_column(heading, no_wrap=True)
    for heading in ("queued s", "ran s", "exit code"):
        table.add_column(heading, justify="right", no_wrap=True)
    for job in jobs:
        table.add_row(
            job.month,
            job.job_key,
            job.job_id,
            f"[{COLORS.get(job.status, 'default')}]{job.status}[/]",
            children_text(job.children),
            _number(job.queued_seconds),
            _number(job.ran_seconds),
            ", ".join(map(str, job.exit_codes)),
        )
    return table


def print_insights(console: Console, s3: Any, months: Sequence[str]) -> None:
    """Print the ranking that the last job of each month has stored."""
    for month in months:
        key = f"post_trade/{month}/insights.json"
        insights = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        console.print(build_insights_table(month, f"s3://{BUCKET}/{key}", insights))


def build_insights_table(month: str, address: str, insights: dict[str, Any]) -> Table:
    table = Table(
        title=f"Insights of {month}  ({escape(address)})", box=box.SIMPLE_HEAD, title_justify="left"
    )
    for position, heading in enumerate(_RANKING):
        table.add_column(heading, justify="right" if position >= _NUMBERS_FROM - 1 else "left", no_wrap=True)
    for entry in insights["ranking"]:
        table.add_row(*(str(entry[heading]) for heading in _RANKING))
    for entry in insights["unranked"]:
        table.add_row("", entry["symbol"], "", escape(entry["note"]))
    return table


def _number(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"
