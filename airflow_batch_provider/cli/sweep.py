"""``airflow-batch sweep``: find and terminate jobs that Airflow no longer wants."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider import units
from airflow_batch_provider.cli.aws import add_connection, exit_on_error
from airflow_batch_provider.cli.exit_code import ExitCode
from airflow_batch_provider.errors import AirflowApiError, SpecError
from airflow_batch_provider.unwanted.airflow_api import AirflowApi, AirflowLogin
from airflow_batch_provider.unwanted.jobs import Scope
from airflow_batch_provider.unwanted.search import UnwantedJob, find_unwanted, terminate

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from airflow_batch_provider.unwanted.search import SweepResult

_COLUMNS: Final = ("job id", "name", "queue", "status", "age", "DAG", "run", "task", "why")
_DESCRIPTION: Final = """\
Find live jobs that Airflow no longer wants, and terminate them with --terminate: jobs of runs
and DAGs that have ended or no longer exist, of DAGs that are missing from the DAG files, and of
tasks that are removed from a DAG during a run. By default, only shows them.

Looks only at jobs of one environment: the jobs whose tag airflow_environment is --environment,
as set by [batch_provider] environment in Airflow. Standalone runs, jobs of other tools and of
other environments are counted and left alone.

Asks Airflow's REST API, as the user of the environment variable AIRFLOW_API_TOKEN, or of
AIRFLOW_API_USERNAME and AIRFLOW_API_PASSWORD."""
_EPILOG: Final = """\
exit codes: 0 no job is unwanted, or all were terminated; 1 jobs are unwanted and still live, or
Airflow cannot be asked; 2 invalid command line; 3 AWS cannot be reached, or rejected a call"""


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "sweep",
        help="find jobs that Airflow no longer wants, and terminate them",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--terminate", action="store_true", help="terminate the jobs")
    parser.add_argument(
        "--airflow-url",
        metavar="URL",
        default=os.environ.get("AIRFLOW_API_URL"),
        help="URL of Airflow's API server (default: AIRFLOW_API_URL)",
    )
    parser.add_argument(
        "--environment",
        metavar="NAME",
        default=os.environ.get("AIRFLOW__BATCH_PROVIDER__ENVIRONMENT") or None,
        help="name of that Airflow: its [batch_provider] environment "
        "(default: AIRFLOW__BATCH_PROVIDER__ENVIRONMENT)",
    )
    parser.add_argument(
        "--include-unnamed",
        action="store_true",
        help="also look at jobs without an environment; only if no other Airflow uses the account and Region",
    )
    _add_choices(parser)
    parser.add_argument("--json", action="store_true", help="print the jobs as JSON")
    add_connection(parser, has_spec=False)
    parser.set_defaults(run=run)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose jobs."""
    parser.add_argument(
        "--queue",
        action="append",
        default=[],
        metavar="QUEUE",
        help="look only at this job queue (name or ARN); can be repeated (default: all of the Region)",
    )
    parser.add_argument(
        "--dag-id",
        action="append",
        default=[],
        metavar="ID",
        help="look only at jobs of this DAG; can be repeated (default: all)",
    )
    parser.add_argument(
        "--older-than",
        type=_seconds,
        default="10m",
        metavar="DURATION",
        help="leave jobs alone that were submitted later, such as 90s or 1h (default: %(default)s)",
    )
    parser.add_argument(
        "--missing-for",
        type=_seconds,
        default="24h",
        metavar="DURATION",
        help="how long a DAG must be missing from the DAG files (default: %(default)s)",
    )
    parser.add_argument(
        "--limit", type=_count, metavar="N", help="show and terminate at most N jobs, oldest first"
    )


@exit_on_error
def run(options: argparse.Namespace) -> int:
    """Print the unwanted jobs; return FOUND if some of them are still live."""
    from airflow_batch_provider.batch.session import AwsSession

    scope = _scope(options)
    batch = AwsSession(options.region, options.profile).batch
    airflow = _airflow(options)
    found = find_unwanted(batch, airflow, scope)
    shown = found.unwanted[: options.limit]
    if options.terminate and shown and not scope.dag_ids and not any(airflow.known_dags.values()):
        raise AirflowApiError(
            f"Airflow at {options.airflow_url} has none of the DAGs of these {len(shown):,} jobs, so nothing "
            "was terminated. Check --airflow-url and --environment; if the DAGs were deleted, name them "
            "with --dag-id"
        )
    ended = terminate(batch, airflow, shown) if options.terminate else []
    if options.json:
        print(json.dumps(_as_json(found, shown, ended), indent=2, ensure_ascii=False))
    else:
        _show(found, shown, ended, is_dry_run=not options.terminate)
    return ExitCode.FOUND if len(ended) < len(found.unwanted) else ExitCode.DONE


def _scope(options: argparse.Namespace) -> Scope:
    if options.environment is None and not options.include_unnamed:
        raise SpecError(
            "name the Airflow whose jobs to look at: --environment NAME, the value of its [batch_provider] "
            "environment. If it has none, and no other Airflow uses this AWS account and Region, use "
            "--include-unnamed"
        )
    return Scope(
        environment=options.environment,
        includes_unnamed=options.include_unnamed,
        job_queues=tuple(options.queue),
        dag_ids=frozenset(options.dag_id),
        older_than=options.older_than,
    )


def _airflow(options: argparse.Namespace) -> AirflowApi:
    if options.airflow_url is None:
        raise AirflowApiError("name the Airflow to ask: --airflow-url URL, or AIRFLOW_API_URL")
    login = AirflowLogin(
        url=options.airflow_url,
        token=os.environ.get("AIRFLOW_API_TOKEN") or None,
        user=os.environ.get("AIRFLOW_API_USERNAME") or None,
        password=os.environ.get("AIRFLOW_API_PASSWORD"),
    )
    airflow = AirflowApi(login, absent_seconds=options.missing_for)
    actual = airflow.environment()
    if options.environment is not None and actual not in (None, options.environment):
        raise AirflowApiError(
            f"Airflow at {options.airflow_url} is environment '{actual}', not '{options.environment}'; "
            "check --airflow-url and --environment"
        )
    return airflow


def _show(
    found: SweepResult, shown: Sequence[UnwantedJob], ended: Sequence[UnwantedJob], *, is_dry_run: bool
) -> None:
    from airflow_batch_provider.cli.run_table import make_console

    # Without a terminal, lines must not wrap: a name alone has up to 128 characters.
    console = make_console(width_without_terminal=1000)
    if shown:
        console.print(_table(shown))
    if len(shown) < len(found.unwanted):
        console.print(f"and {len(found.unwanted) - len(shown):,} more")
    done = "to terminate (use --terminate)" if is_dry_run else f"unwanted, {len(ended):,} terminated"
    total = len(found.unwanted)
    console.print(f"{total:,} {'job' if total == 1 else 'jobs'} {done}; {found.wanted:,} wanted")
    if found.left:
        print(f"left alone: {found.count_of_left}", file=sys.stderr)


def _table(jobs: Sequence[UnwantedJob]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for each in jobs:
        table.add_row(*_cells(each))
    return table


def _cells(each: UnwantedJob) -> list[Text]:
    from rich.text import Text

    from airflow_batch_provider.cli.run_table import STATUS_STYLES

    job = each.job
    task = job.task_id if job.map_index < 0 else f"{job.task_id}[{job.map_index}]"
    age = _duration(time.time() - job.created_at)
    # As `Text`: rich would read brackets in a string as markup.
    before = [Text(value) for value in (job.job_id, job.job_name, job.job_queue)]
    after = [Text(value) for value in (age, job.dag_id, job.run_id, task, each.why)]
    return [*before, Text(str(job.status), style=STATUS_STYLES.get(job.status, "")), *after]


def _as_json(
    found: SweepResult, shown: Sequence[UnwantedJob], ended: Sequence[UnwantedJob]
) -> dict[str, Any]:
    terminated = {each.job.job_id for each in ended}
    return {
        "unwanted": [
            {**asdict(each.job), "why": each.why, "is_terminated": each.job.job_id in terminated}
            for each in shown
        ],
        "not_shown": len(found.unwanted) - len(shown),
        "wanted": found.wanted,
        "left_alone": {leave.name.lower(): count for leave, count in found.left.items()},
    }


def _duration(seconds: float) -> str:
    minutes = max(0, round(seconds)) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes % 60:02}m" if hours else f"{minutes}m"


def _seconds(text: str) -> int:
    try:
        return units.seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs; use 1 or more")
    return int(text)
