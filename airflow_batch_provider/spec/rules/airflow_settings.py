"""E210 to E216, W505: settings that Airflow rejects or ignores when it creates the DAG."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any, Final
from urllib.parse import urlsplit

from airflow_batch_provider.spec.language.airflow import RunType
from airflow_batch_provider.spec.language.schedule import is_continuous
from airflow_batch_provider.spec.models import (
    JobSettings,
    Schedule,
    TriggerRule,
    Workflow,
)
from airflow_batch_provider.spec.rules.registry import rule
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.suggestions import did_you_mean
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS

_REMEDIES: Final = {
    **dict.fromkeys(JobSettings.model_fields, "write it in 'defaults', which applies to all jobs"),
    "array_properties": "write 'array_size' in a job",
    "backfill": "write 'backfill' at the top level",
    "depends_on": "write it in each job",
    "description": "write it in each job, or 'doc_md' here",
    "job_name": "write 'job_label' in 'defaults'",
    "params": "write it in 'airflow'",
    "sla": "Airflow 3 has no SLAs; write 'alerts' or 'execution_timeout'",
}
"""What to do with arguments that are no default arguments."""
_SET_BY_PROVIDER: Final = frozenset(
    {"adopt", "dag", "default_args", "dependent_queues", "job_key", "spec_digest", "task_group", "task_id"}
)
_LINK_MAX: Final = 500
_PYTHON_ONLY: Final = frozenset({"bytecode_cache", "finalize", "loader", "undefined"})
"""Options of Jinja that are objects."""


@rule("E210")
def misplaced_arguments(workflow: Workflow) -> Iterator[Violation]:
    """`default_args` contains no settings of jobs, which belong in `defaults`, or of single tasks."""
    for name in workflow.airflow.default_args or {}:
        path = ("airflow", "default_args", name)
        if name in TASK_ARGUMENTS:
            continue
        if name in _REMEDIES:
            text = f"'{name}' cannot be a default argument; {_REMEDIES[name]}"
            yield Violation("E210", path, text, at_key=True)
        elif name in _SET_BY_PROVIDER:
            text = f"'{name}' cannot be a default argument, because it differs between tasks; remove it"
            yield Violation("E210", path, text, at_key=True)


@rule("W505")
def default_arguments(workflow: Workflow) -> Iterator[Violation]:
    """`default_args` contains only arguments of tasks; Airflow silently ignores any other key."""
    for name in workflow.airflow.default_args or {}:
        if name not in TASK_ARGUMENTS | _REMEDIES.keys() | _SET_BY_PROVIDER:
            suggestion = did_you_mean(name, sorted(TASK_ARGUMENTS), otherwise="; remove it")
            text = f"'{name}' in default_args is not an argument of tasks, so Airflow ignores it{suggestion}"
            yield Violation("W505", ("airflow", "default_args", name), text, at_key=True)


@rule("E211")
def continuous_schedule(workflow: Workflow) -> Iterator[Violation]:
    """A workflow with the schedule `@continuous` has one active run."""
    settings = workflow.airflow
    if is_continuous(settings.schedule) and settings.max_active_runs not in (None, 1):
        text = f"max_active_runs is {settings.max_active_runs}; with '@continuous', Airflow accepts only 1"
        yield Violation("E211", ("airflow", "max_active_runs"), text)


@rule("E212")
def catchup_without_start(workflow: Workflow) -> Iterator[Violation]:
    """A workflow with `catchup` has a `start_date`."""
    settings = workflow.airflow
    start = settings.start_date or (settings.default_args or {}).get("start_date")
    if settings.catchup and settings.schedule is not None and start is None:
        text = (
            "'catchup' requires a 'start_date', from which Airflow creates the missed runs; add a start_date"
        )
        yield Violation("E212", ("airflow", "catchup"), text, missing=(("airflow", "start_date"),))


@rule("E213")
def run_types(workflow: Workflow) -> Iterator[Violation]:
    """`allowed_run_types` includes the runs that the schedule creates: `manual` if there is no schedule."""
    allowed = workflow.airflow.allowed_run_types
    possible = _run_types_of(workflow.airflow.schedule)
    if allowed and possible and not possible & set(allowed):
        first = sorted(possible)[-1]
        text = f"add '{first}' to allowed_run_types: the schedule creates runs of this type"
        if workflow.airflow.schedule is None:
            text = f"add '{first}' to allowed_run_types: without a schedule, Airflow requires it"
        yield Violation("E213", ("airflow", "allowed_run_types"), text)


@rule("E214")
def jinja_options(workflow: Workflow) -> Iterator[Violation]:
    """`jinja_environment_kwargs` contains only options of the Jinja environment, with valid values."""
    options = workflow.airflow.jinja_environment_kwargs
    if not options:
        return
    from jinja2 import Environment  # imported here: it takes 30 ms

    known = signature(Environment).parameters.keys()
    path = ("airflow", "jinja_environment_kwargs")
    for name, value in options.items():
        if name not in known:
            suggestion = did_you_mean(name, sorted(known), otherwise="; remove it")
            yield Violation("E214", (*path, name), f"Jinja has no option '{name}'{suggestion}", at_key=True)
        elif problem := _jinja_problem({name: value}):
            yield Violation("E214", (*path, name), f"Jinja cannot use {value!r} for '{name}': {problem}")


@rule("E215")
def fail_fast(workflow: Workflow) -> Iterator[Violation]:
    """With `fail_fast`, all tasks have the trigger rule `all_success`."""
    if not workflow.airflow.fail_fast:
        return
    default = (workflow.airflow.default_args or {}).get("trigger_rule")
    rules = [(("airflow", "default_args", "trigger_rule"), "default_args", default)]
    rules += [
        (("jobs", key, "trigger_rule"), f"job '{key}'", job.trigger_rule)
        for key, job in workflow.jobs.items()
    ]
    rules += [
        (("tasks", key, "trigger_rule"), f"task '{key}'", task.trigger_rule)
        for key, task in workflow.tasks.items()
    ]
    for path, name, trigger_rule in rules:
        if trigger_rule not in (None, TriggerRule.ALL_SUCCESS):
            text = f"the trigger rule of {name} is '{trigger_rule}'; 'fail_fast' requires all_success"
            yield Violation("E215", path, text)


@rule("E216")
def owner_links(workflow: Workflow) -> Iterator[Violation]:
    """A link in `owner_links` is a URL with at most 500 characters."""
    for owner, link in (workflow.airflow.owner_links or {}).items():
        path = ("airflow", "owner_links", owner)
        if not _is_link(link):
            text = f"the link of owner '{owner}', '{link}', is not a URL; write https://… or mailto:…"
            yield Violation("E216", path, text)
        elif max(len(owner), len(link)) > _LINK_MAX:
            text = f"owner '{owner}' or the link has more than the {_LINK_MAX} characters that Airflow stores"
            yield Violation("E216", path, text)


def _run_types_of(schedule: Any) -> frozenset[RunType]:
    """Return the types of runs that a schedule creates; none for an object of Airflow."""
    if schedule is None:
        return frozenset({RunType.MANUAL})
    if isinstance(schedule, str):
        return frozenset({RunType.SCHEDULED})
    if not isinstance(schedule, Schedule):
        return frozenset()
    if schedule.timetable is not None:
        return frozenset({RunType.SCHEDULED, RunType.ASSET_TRIGGERED})
    return frozenset({RunType.ASSET_TRIGGERED if schedule.assets else RunType.SCHEDULED})


def _jinja_problem(options: dict[str, Any]) -> str | None:
    from jinja2 import Environment

    for name in _PYTHON_ONLY & options.keys():
        if isinstance(options[name], str | int | float | list | dict):
            return "only a spec in Python can contain it"
    try:
        Environment(**options)
    except ImportError:
        return None  # an extension that may be installed only with Airflow
    except Exception as error:
        return str(error)
    return None


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return bool(parts.path) if parts.scheme == "mailto" else bool(parts.scheme and parts.netloc)
