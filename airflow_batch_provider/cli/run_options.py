"""Which run a command means: the options of ``submit``, ``status`` and ``cancel``."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_batch_provider.cli.aws import add_connection, session_of
from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.loader import load_workflow
from airflow_batch_provider.spec.models import Arrangement, Workflow
from airflow_batch_provider.standalone.context import RunFacts, template_context
from airflow_batch_provider.standalone.interval import data_interval_end
from airflow_batch_provider.standalone.params import default_params, parse_settings
from airflow_batch_provider.standalone.rendering import Renderer
from airflow_batch_provider.standalone.run_name import RunName, default_run_name
from airflow_batch_provider.standalone.standalone_run import StandaloneRun, check_runs_without_airflow

if TYPE_CHECKING:
    from airflow_batch_provider.batch.session import AwsSession


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run, ready to be worked on."""

    master: StandaloneRun
    session: AwsSession


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, and what tells one run of it from another."""
    parser.add_argument("file", metavar="FILE", help="a workflow in YAML or JSON")
    parser.add_argument("--run-name", metavar="NAME", help="the run; made of --date and --set unless given")
    parser.add_argument(
        "--date", type=_moment, help="the run's logical date, the start of its data interval: 2008-01-31"
    )
    parser.add_argument("--end", type=_moment, metavar="DATE", help="the end of its data interval")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of the workflow; repeatable",
    )
    add_connection(parser)


def open_run(options: argparse.Namespace, *, needs_name: bool) -> OpenedRun:
    """
    Read the spec and connect.

    :param needs_name: whether the options must say which run is meant.
    :raises SpecError: the options do not fit the workflow.
    """
    workflow = load_workflow(options.file)
    plan = plan_workflow(workflow.model_copy(update={"submission": Arrangement.AT_ONCE}))
    check_runs_without_airflow(plan)
    defaults = default_params(workflow.airflow.params)
    settings = parse_settings(options.set, workflow.airflow.params)
    name = options.run_name or _derived_name(options, settings, needs_name=needs_name)
    run = RunName(workflow.workflow, name)
    facts = RunFacts(
        workflow=workflow.workflow,
        run_id=run.run_id,
        date=options.date,
        end=options.end or _end(options.date, workflow),
        params={**defaults, **settings},
        settings=settings,
    )
    session = session_of(options, workflow)
    renderer = Renderer(template_context(facts))
    return OpenedRun(StandaloneRun(plan, run, session.batch, renderer), session)


def _derived_name(options: argparse.Namespace, settings: dict[str, Any], *, needs_name: bool) -> str:
    if needs_name and options.date is None:
        raise SpecError("say which run: --run-name NAME, or the --date and --set with which it was submitted")
    return default_run_name(options.date, settings, os.environ, datetime.now(UTC))


def _end(date: datetime | None, workflow: Workflow) -> datetime | None:
    return data_interval_end(date, workflow.airflow.schedule) if date is not None else None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date; write it as 2008-01-31 or 2008-01-31T06:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
