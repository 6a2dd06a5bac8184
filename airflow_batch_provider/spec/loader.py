"""Read a workflow from a file or a string and validate it; report all findings together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Severity, sort_findings
from airflow_batch_provider.spec.document import Document
from airflow_batch_provider.spec.fragments import FileReader
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.preprocess import preprocess
from airflow_batch_provider.spec.rules import check, violations
from airflow_batch_provider.spec.source import Source
from airflow_batch_provider.spec.unknowns import Unknowns
from airflow_batch_provider.spec.valid_part import validate_valid_part

FILE_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class LoadedWorkflow:
    """
    A valid workflow.

    :param warnings: findings that are not errors.
    :param files: the file of the spec and all fragments that it extends.
    :param document: the content of the spec's own file.
    """

    workflow: Workflow
    warnings: tuple[Finding, ...]
    files: tuple[Path, ...]
    document: Document


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
    workflow, warnings = _validate(documents, reader)
    return LoadedWorkflow(workflow, warnings, tuple(reader.files), documents[0])


def parse_workflow(text: str, file: str = "workflow.yaml") -> Workflow:
    """
    Return the workflow of a string.

    :param file: the name of the file in findings; fragments are relative to it.
    :raises InvalidSpecError: the spec breaks a rule.
    """
    reader = FileReader()
    return _validate(reader.read_text(text, Path(file), file), reader)[0]


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


def _validate(documents: list[Document], reader: FileReader) -> tuple[Workflow, tuple[Finding, ...]]:
    # Every step returns its findings instead of raising them, so that authors see all of them together.
    in_files = [found for document in documents for found in document.inspection.findings]
    source, unknowns, early = preprocess(documents, is_complete=reader.is_complete)
    workflow, source, invalid = validate_valid_part(source, unknowns)
    findings = sort_findings(
        [*reader.findings, *in_files, *early, *invalid, *_check(workflow, source, unknowns)]
    )
    if workflow is None or any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidSpecError(findings)
    return workflow, findings


def _check(workflow: Workflow | None, source: Source, unknowns: Unknowns) -> list[Finding]:
    return check(workflow, source, unknowns) if workflow is not None else []
