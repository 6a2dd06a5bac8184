"""Read a workflow from a file or a string and validate it; report all findings together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Severity, sort_findings
from airflow_batch_provider.spec.document import Document
from airflow_batch_provider.spec.fragments import FileReader
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.preprocess import preprocess
from airflow_batch_provider.spec.rules import check, check_partial, violations
from airflow_batch_provider.spec.schema_errors import schema_findings, valid_part
from airflow_batch_provider.spec.source import Source

_VALIDATION_ROUNDS_MAX = 5
FILE_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class LoadedWorkflow:
    """
    A valid workflow.

    :param warnings: findings that are not errors.
    :param files: the file of the spec and all fragments that it extends.
    """

    workflow: Workflow
    warnings: tuple[Finding, ...]
    files: tuple[Path, ...]


def load_workflow(path: str | Path, *, shown_as: str | None = None) -> Workflow:
    """
    Return the workflow of a YAML or JSON file.

    :param shown_as: the name of the file in findings; the given path by default.
    :raises InvalidSpecError: the file cannot be read or breaks a rule.
    """
    return read_workflow(path, shown_as=shown_as).workflow


def read_workflow(path: str | Path, *, shown_as: str | None = None) -> LoadedWorkflow:
    """
    Return the workflow of a file, with its warnings and the files that it was read from.

    :raises InvalidSpecError: the file cannot be read or breaks a rule.
    """
    reader = FileReader()
    documents = reader.read(Path(path), shown_as or str(path))
    workflow, warnings = _validate(documents)
    return LoadedWorkflow(workflow, warnings, tuple(reader.files))


def parse_workflow(text: str, file: str = "workflow.yaml") -> Workflow:
    """
    Return the workflow of a string.

    :param file: the name of the file in findings; fragments are relative to it.
    :raises InvalidSpecError: the spec breaks a rule.
    """
    return _validate(FileReader().read_text(text, Path(file), file))[0]


def validate_workflow(workflow: Workflow) -> Workflow:
    """
    Check a workflow that was written in Python against the rules, and return it.

    :raises SpecError: the workflow breaks a rule; the message lists all violations.
    """
    errors = [
        f"{violation.rule} {violation.text}" for violation in violations(workflow) if violation.is_error
    ]
    if errors:
        raise SpecError("\n".join([f"workflow '{workflow.workflow}' is invalid:", *errors]))
    return workflow


def _validate(documents: list[Document]) -> tuple[Workflow, tuple[Finding, ...]]:
    # Preprocessing returns its errors instead of raising them, so that
    # authors see them together with those of the models and the rules.
    source, early = preprocess(documents)
    try:
        workflow = Workflow.model_validate(source.data)
        findings = _merge_findings(early, check(workflow, source))
    except ValidationError as error:
        late = [*schema_findings(error, source), *_rule_findings(error, source)]
        raise InvalidSpecError(_merge_findings(early, late)) from None
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidSpecError(findings)
    return workflow, sort_findings(findings)


def _merge_findings(early: list[Finding], late: Iterable[Finding]) -> list[Finding]:
    """Return all findings, except late ones at the place of an early one, which probably caused them."""
    places = {(finding.file, finding.position) for finding in early}
    return [*early, *(finding for finding in late if (finding.file, finding.position) not in places)]


def _rule_findings(error: ValidationError, source: Source) -> Iterable[Finding]:
    """
    Check the valid part of an invalid spec against the rules, so that authors see all findings at once.

    Removing an invalid value can make another one invalid, so the removal is repeated a few times.
    """
    data = source.data
    for _ in range(_VALIDATION_ROUNDS_MAX):
        data = valid_part(error, data, source)
        try:
            return check_partial(Workflow.model_validate(data), source)
        except ValidationError as remaining:
            error = remaining
    return []
