"""The options of ``submit``, ``status`` and ``cancel``, which select a run of a workflow."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.cli.aws import add_connection, open_session
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import load_workflow
from airflow_batch_provider.spec.models import SubmissionMode, Workflow
from airflow_batch_provider.standalone.context import RunFacts, build_template_context
from airflow_batch_provider.standalone.interval import data_interval_end
from airflow_batch_provider.standalone.params import default_params, parse_settings
from airflow_batch_provider.standalone.rendering import Renderer
from airflow_batch_provider.standalone.run_name import RunName, default_run_name
from airflow_batch_provider.standalone.standalone_run import StandaloneRun, check_runs_without_airflow

if TYPE_CHECKING:
    from airflow_batch_provider.batch.session import AwsSession


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A standalone run with its AWS session."""

    run: StandaloneRun
    session: AwsSession


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the workflow file and the options that identify a run."""
    parser.add_argument("file", metavar="FILE", help="workflow file (YAML or JSON)")
    parser.add_argument(
        "--run-name", metavar="NAME", help="name of the run (default: derived from --date and --set)"
    )
    parser.add_argument(
        "--date",
        type=_parse_date,
        help="logical date of the run and start of its data interval, such as 2008-01-31",
    )
    parser.add_argument("--end", type=_parse_date, metavar="DATE", help="end of the data interval")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set a parameter of the workflow; can be repeated",
    )
    add_connection(parser)


def open_run(options: argparse.Namespace, *, needs_name: bool) -> OpenedRun:
    """
    Read the spec and return the run that the options identify.

    :param needs_name: whether the options must identify an existing run.
    :raises SpecError: the options do not match the workflow, or the workflow needs Airflow.
    """
    workflow = load_workflow(options.file)
    at_once = workflow.model_copy(update={"submission": SubmissionMode.AT_ONCE})
    plan = plan_workflow(at_once, heeds_gates=False)
    check_runs_without_airflow(plan)
    defaults = default_params(workflow.airflow.params)
    settings = parse_settings(options.set, workflow.airflow.params)
    name = options.run_name or _derive_run_name(options, settings, needs_name=needs_name)
    run = RunName(workflow.workflow, name)
    facts = RunFacts(
        workflow=workflow.workflow,
        run_id=run.run_id,
        date=options.date,
        end=options.end or _end(options.date, workflow),
        params={**defaults, **settings},
        settings=settings,
    )
    session = open_session(options, workflow)
    renderer = Renderer(build_template_context(facts))
    return OpenedRun(StandaloneRun(plan, run, session.batch, renderer), session)


def _derive_run_name(options: argparse.Namespace, settings: dict[str, Any], *, needs_name: bool) -> str:
    if needs_name and options.date is None:
        raise SpecError(
            "specify the run: --run-name NAME, or the --date and --set that it was submitted with"
        )
    return default_run_name(options.date, settings, os.environ, datetime.now(UTC))


def _end(date: datetime | None, workflow: Workflow) -> datetime | None:
    return data_interval_end(date, workflow.airflow.schedule) if date is not None else None


def _parse_date(text: str) -> datetime:
    try:
        date_time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid date; use YYYY-MM-DD or YYYY-MM-DDThh:mm"
        ) from None
    return date_time if date_time.tzinfo else date_time.replace(tzinfo=UTC)
