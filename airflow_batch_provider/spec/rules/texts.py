"""E309, E310, W5xx: what texts say that are rendered when a job runs, and what they should not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

from airflow_batch_provider.spec.document import Path
from airflow_batch_provider.spec.language.base import LanguageModel
from airflow_batch_provider.spec.models import JobTaskSettings, Schedule, Workflow
from airflow_batch_provider.spec.rules.violation import Violation
from airflow_batch_provider.spec.templates import (
    CONTEXT_NAMES,
    MARKS,
    NEEDS_LOGICAL_DATE,
    read_template,
)

_ALERT_NAMES: Final = frozenset({"alert", "exception", "reason"})
_NOT_SENT: Final = frozenset({*JobTaskSettings.model_fields, "connection", "depends_on"})


Texts = Sequence[tuple[Path, str]]


def check_texts(workflow: Workflow) -> Iterator[Violation]:
    """Find the texts once, and apply every rule to them."""
    texts = _texts(workflow)
    templates = [(path, text) for path, text in texts if any(mark in text for mark in MARKS)]
    yield from template_syntax(templates)
    yield from names_without_logical_date(workflow, templates)
    yield from unknown_names(workflow, templates)
    yield from unknown_params(workflow, templates)
    yield from secrets(texts)


def template_syntax(templates: Texts) -> Iterator[Violation]:
    """E309: a template can be read."""
    for path, text in templates:
        template = read_template(text)
        if template.error:
            yield Violation("E309", path, f"the template of {_of(path)} cannot be read: {template.error}")


def names_without_logical_date(workflow: Workflow, templates: Texts) -> Iterator[Violation]:
    """E310: no template uses a logical date where runs have none: partitions, and assets alone."""
    schedule = workflow.airflow.schedule
    if not isinstance(schedule, Schedule):
        return
    if not schedule.partitioned and (schedule.assets is None or schedule.cron is not None):
        return
    runs, instead = ("runs for assets have", "'triggering_asset_events'")
    if schedule.partitioned:
        runs, instead = ("runs for partitions have", "'partition_key' or 'partition_date'")
    for path, text in templates:
        for name in sorted(read_template(text).names & NEEDS_LOGICAL_DATE):
            yield Violation("E310", path, f"{_of(path)} uses '{name}', which {runs} not; use {instead}")


def unknown_names(workflow: Workflow, templates: Texts) -> Iterator[Violation]:
    """W502: a template uses names that Airflow gives it."""
    own = frozenset(workflow.airflow.user_defined_macros or ())
    own_filters = frozenset(workflow.airflow.user_defined_filters or ())
    for path, text in templates:
        template = read_template(text)
        known = CONTEXT_NAMES | own | (_ALERT_NAMES if path[0] == "alerts" else frozenset())
        for name in sorted(template.names - known):
            hint = _near(name, sorted(known)) or "Airflow's templates know no such name"
            yield Violation("W502", path, f"{_of(path)} uses '{name}'; {hint}")
        for name in sorted(template.filters - own_filters):
            yield Violation("W502", path, f"{_of(path)} uses the filter '{name}', which Jinja does not have")


def unknown_params(workflow: Workflow, templates: Texts) -> Iterator[Violation]:
    """W503: a template reads params that the workflow has."""
    known = workflow.airflow.params or {}
    for path, text in templates:
        for name in sorted(read_template(text).params - known.keys() - _METHODS):
            hint = _near(name, list(known)) or "give it a default under 'airflow: {params: …}'"
            yield Violation("W503", path, f"{_of(path)} reads params.{name}, which is no param; {hint}")


def secrets(texts: Texts) -> Iterator[Violation]:
    """W501: no secret stands in a workflow as plain text."""
    for path, text in texts:
        if _is_secret(path[-1], text, is_named=path[-2] in _NAMED):
            message = (
                f"{_of(path)} looks like a secret in plain text, which everybody can read who may describe "
                "the job; keep it in Secrets Manager and name its ARN under 'secrets' of the job definition"
            )
            yield Violation("W501", path, message)


_NAMED: Final = frozenset({"environment", "parameters"})
_METHODS: Final = frozenset({"get", "items", "keys", "values", "dump"})
_SECRET_NAME: Final = re.compile(
    r"(?i)(pass(word|wd|phrase)|secret|token|api_?key|access_?key|private_?key|credential)s?$"
)
_SECRET: Final = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b[a-z][a-z0-9+]*://[^\s/:@{}]+:[^\s/@{}]+@"
    r"|--?(password|passwd|token|secret|api[-_]key)=[^\s{]"
)


def _is_secret(name: str | int, text: str, *, is_named: bool) -> bool:
    if is_named and text and _SECRET_NAME.search(str(name)):
        return not text.startswith("arn:") and not any(mark in text for mark in MARKS)
    return _SECRET.search(text) is not None


def _texts(workflow: Workflow) -> list[tuple[Path, str]]:
    """
    Find the texts that are rendered when a job or task runs, as far as a rule can say anything about them.

    Most cannot: a thousand jobs have many thousand texts, and no place is worked out for those.
    """
    found: list[tuple[Path, str]] = []
    for key, job in workflow.jobs.items():
        for member in job.model_fields_set:
            if member not in _NOT_SENT:
                _collect(("jobs", key), member, getattr(job, member), found)
    for key, task in workflow.tasks.items():
        _collect(("tasks", key), "arguments", task.arguments, found)
    for member in workflow.backfill.model_fields_set:
        _collect(("backfill",), member, getattr(workflow.backfill, member), found)
    for when in workflow.alerts.model_fields_set:
        for index, alert in enumerate(getattr(workflow.alerts, when)):
            _collect(("alerts", when, index), "arguments", alert.arguments, found)
    return found


def _collect(above: Path, name: str | int, value: Any, found: list[tuple[Path, str]]) -> None:
    if isinstance(value, str):
        if "{" in value or _is_secret(name, value, is_named=above[-1] in _NAMED):
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


def _of(path: Path) -> str:
    """Name the member of a job or task: ``environment.MONTH of job 'clean'``."""
    if path[0] in ("jobs", "tasks"):
        return f"{'.'.join(map(str, path[2:]))} of {str(path[0])[:-1]} '{path[1]}'"
    return ".".join(map(str, path))


def _near(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else ""


DOCUMENTED = (template_syntax, names_without_logical_date, unknown_names, unknown_params, secrets)
RULES = (check_texts,)
