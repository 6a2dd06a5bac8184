"""From a file (or a text) to a validated workflow, or to all of its findings at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position, Severity
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules import check, check_part, violations
from airflow_batch_provider.spec.shape import shape_findings, sound_part
from airflow_batch_provider.spec.source import Source, read_source

FILE_SUFFIXES = (".yaml", ".yml", ".json")


def load_workflow(path: str | Path, *, shown_as: str | None = None) -> Workflow:
    """
    Read the workflow of a YAML or JSON file.

    :param shown_as: how findings name the file; its path as given unless said.
    :raises InvalidSpecError: the file cannot be read or breaks a rule.
    """
    name = shown_as or str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(name, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise _unreadable(name, f"it is not UTF-8: {error.reason} at byte {error.start:,}") from None
    return parse_workflow(text, name)


def parse_workflow(text: str, file: str = "workflow.yaml") -> Workflow:
    """
    Read the workflow of a text; ``file`` is only named in findings.

    :raises InvalidSpecError: the text breaks a rule.
    """
    source = read_source(text, file)
    try:
        workflow = Workflow.model_validate(source.data)
    except ValidationError as error:
        raise InvalidSpecError([*shape_findings(error, source), *_further_findings(error, source)]) from None
    findings = list(check(workflow, source))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidSpecError(findings)
    return workflow


def checked(workflow: Workflow) -> Workflow:
    """
    Apply the rules to a workflow that was written in Python.

    :raises SpecError: it breaks one; the message lists all.
    """
    found = [f"{broken.rule} {broken.text}" for broken in violations(workflow)]
    if found:
        raise SpecError("\n".join([f"workflow '{workflow.workflow}' breaks these rules:", *found]))
    return workflow


def _unreadable(file: str, reason: str) -> InvalidSpecError:
    return InvalidSpecError([Finding(file, Position(1, 1), "E101", f"cannot be read: {reason}")])


def _further_findings(error: ValidationError, source: Source) -> Iterable[Finding]:
    """Look at what has the right shape, so that nobody repairs one half to be told of the other."""
    try:
        return list(check_part(Workflow.model_validate(sound_part(error, source)), source))
    except ValidationError:
        return []
