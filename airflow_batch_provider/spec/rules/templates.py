"""E309, E310, W501, W502, W503: templates that are rendered when a job runs, and secrets in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.models import JobTaskSettings, Schedule, Workflow
from airflow_batch_provider.spec.rules.registry import rule, summary_of
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.suggestions import did_you_mean
from airflow_batch_provider.spec.templates import CONTEXT_NAMES, NEEDS_LOGICAL_DATE, parse_template
from airflow_batch_provider.spec.values import is_template

_ALERT_NAMES: Final = frozenset({"alert", "exception", "reason"})
_NOT_RENDERED: Final = frozenset({*JobTaskSettings.model_fields, "connection", "depends_on"}) - {
    "map_index_template"
}

Strings = Sequence[tuple[DataPath, str]]
"""Strings with their paths."""


@rule("E309", "E310", "W501", "W502", "W503")
def strings(workflow: Workflow) -> Iterator[Violation]:
    """Collect the strings once and check them against all rules of this module."""
    found = _relevant_strings(workflow)
    templates = [(path, text) for path, text in found if is_template(text)]
    yield from template_syntax(templates)
    yield from names_without_logical_date(workflow, templates)
    yield from unknown_names(workflow, templates)
    yield from unknown_params(workflow, templates)
    yield from secrets(found)


@summary_of("E309")
def template_syntax(templates: Strings) -> Iterator[Violation]:
    """A template has valid Jinja syntax."""
    for path, text in templates:
        template = parse_template(text)
        if template.error:
            reason = template.error.rstrip(".")
            yield Violation("E309", path, f"the template in {_of(path)} is invalid: {reason}")


@summary_of("E310")
def names_without_logical_date(workflow: Workflow, templates: Strings) -> Iterator[Violation]:
    """No template uses the logical date if runs have none: runs for partitions, or for assets alone."""
    schedule = workflow.airflow.schedule
    if not isinstance(schedule, Schedule):
        return
    if not schedule.partitioned and (schedule.assets is None or schedule.cron is not None):
        return
    runs, instead = "asset-triggered runs", "'triggering_asset_events'"
    if schedule.partitioned:
        runs, instead = "runs for partitions", "'partition_key' or 'partition_date'"
    for path, text in templates:
        for name in sorted(parse_template(text).names & NEEDS_LOGICAL_DATE):
            message = f"{_of(path)} uses '{name}', but {runs} have no logical date; use {instead}"
            yield Violation("E310", path, message)


@summary_of("W502")
def unknown_names(workflow: Workflow, templates: Strings) -> Iterator[Violation]:
    """A template uses only names and filters that Airflow's template context defines."""
    own = frozenset(workflow.airflow.user_defined_macros or ())
    own_filters = frozenset(workflow.airflow.user_defined_filters or ())
    for path, text in templates:
        template = parse_template(text)
        known = CONTEXT_NAMES | own | (_ALERT_NAMES if path[0] == "alerts" else frozenset())
        for name in sorted(template.names - known):
            message = f"{_of(path)} uses '{name}', which Airflow's template context does not define"
            missing = (("airflow", "user_defined_macros", name),)
            yield Violation("W502", path, message + did_you_mean(name, sorted(known)), missing=missing)
        for name in sorted(template.filters - own_filters):
            message = f"{_of(path)} uses the filter '{name}', which neither Jinja nor Airflow defines"
            yield Violation("W502", path, message)


@summary_of("W503")
def unknown_params(workflow: Workflow, templates: Strings) -> Iterator[Violation]:
    """A template uses only params that the workflow defines."""
    known = workflow.airflow.params or {}
    for path, text in templates:
        for name in sorted(parse_template(text).params - known.keys() - _MAPPING_METHODS):
            suggestion = did_you_mean(name, list(known), otherwise="; define it under 'airflow.params'")
            message = f"{_of(path)} uses params.{name}, which is not defined{suggestion}"
            yield Violation("W503", path, message, missing=(("airflow", "params", name),))


@summary_of("W501")
def secrets(found: Strings) -> Iterator[Violation]:
    """A workflow contains no secret in plain text."""
    for path, text in found:
        if is_secret(path[-1], text, has_own_name=path[-2] in _AUTHORS_KEYS):
            message = (
                f"{_of(path)} looks like a secret in plain text, which anyone who can describe the job can "
                "read. Store it in Secrets Manager and put its ARN under 'secrets' of the job definition"
            )
            yield Violation("W501", path, message)


_AUTHORS_KEYS: Final = frozenset({"environment", "parameters"})
"""Members whose keys are names that the author chose."""
_MAPPING_METHODS: Final = frozenset({"get", "items", "keys", "values", "dump"})
_SECRET_NAME: Final = re.compile(
    r"(?i)(pass(word|wd|phrase)|secret|token|api_?key|access_?key|private_?key|credential)s?$"
)
_SECRET: Final = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b[a-z][a-z0-9+]*://[^\s/:@{}]+:[^\s/@{}]+@"
    r"|--?(password|passwd|token|secret|api[-_]key)=[^\s{]"
)


def is_secret(name: str | int, text: str, *, has_own_name: bool) -> bool:
    if has_own_name and text and _SECRET_NAME.search(str(name)):
        return not text.startswith("arn:") and not is_template(text)
    return _SECRET.search(text) is not None


def _relevant_strings(workflow: Workflow) -> list[tuple[DataPath, str]]:
    """
    Return the strings that are rendered when a job or task runs and that a rule could report.

    A thousand jobs have many thousands of strings, and no rule could report most of them. Collecting only
    the relevant ones, before building their paths, keeps the parsing of DAG files fast.
    """
    found: list[tuple[DataPath, str]] = []
    for key, job in workflow.jobs.items():
        for member in job.model_fields_set:
            if member not in _NOT_RENDERED:
                _collect(("jobs", key), member, getattr(job, member), found)
    for key, task in workflow.tasks.items():
        _collect(("tasks", key), "arguments", task.arguments, found)
    for member in workflow.backfill.model_fields_set:
        _collect(("backfill",), member, getattr(workflow.backfill, member), found)
    for when in workflow.alerts.model_fields_set:
        for index, alert in enumerate(getattr(workflow.alerts, when)):
            _collect(("alerts", when, index), "arguments", alert.arguments, found)
    return found


def _collect(above: DataPath, name: str | int, value: Any, found: list[tuple[DataPath, str]]) -> None:
    if isinstance(value, str):
        if "{" in value or is_secret(name, value, has_own_name=above[-1] in _AUTHORS_KEYS):
            found.append(((*above, name), value))
    elif isinstance(value, dict):
        path = (*above, name)
        for key, item in value.items():
            _collect(path, key, item, found)
    elif isinstance(value, list | tuple):
        path = (*above, name)
        for index, item in enumerate(value):
            _collect(path, index, item, found)
    elif isinstance(value, LanguageModel):
        path = (*above, name)
        for member in value.model_fields_set:
            _collect(path, member, getattr(value, member), found)


def _of(path: DataPath) -> str:
    """Return the name of a member of a job or task: ``environment.MONTH of job 'clean'``."""
    if path[0] in ("jobs", "tasks"):
        return f"{'.'.join(map(str, path[2:]))} of {str(path[0])[:-1]} '{path[1]}'"
    return ".".join(map(str, path))
