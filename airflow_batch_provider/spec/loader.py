"""From a file (or a text) to a validated workflow, or to all of its findings at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Severity, in_reading_order
from airflow_batch_provider.spec.document import Document
from airflow_batch_provider.spec.fragments import FileReader
from airflow_batch_provider.spec.meaning import preprocess
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.rules import check, check_part, violations
from airflow_batch_provider.spec.shape import shape_findings, sound_part
from airflow_batch_provider.spec.source import Source

_ROUNDS_MAX = 5
FILE_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class LoadedWorkflow:
    """
    A workflow with what its reader should know.

    :param warnings: findings that do not stop.
    :param files: the spec's file and the fragments that it extends: all that it depends on.
    """

    workflow: Workflow
    warnings: tuple[Finding, ...]
    files: tuple[Path, ...]


def load_workflow(path: str | Path, *, shown_as: str | None = None) -> Workflow:
    """
    Read the workflow of a YAML or JSON file.

    :param shown_as: how findings name the file; its path as given unless said.
    :raises InvalidSpecError: the file cannot be read or breaks a rule.
    """
    return read_workflow(path, shown_as=shown_as).workflow


def read_workflow(path: str | Path, *, shown_as: str | None = None) -> LoadedWorkflow:
    """
    Read the workflow of a file, with its warnings and the files that it is made of.

    :raises InvalidSpecError: the file cannot be read or breaks a rule.
    """
    reader = FileReader()
    documents = reader.read(Path(path), shown_as or str(path))
    workflow, warnings = _validated(documents)
    return LoadedWorkflow(workflow, warnings, tuple(reader.files))


def parse_workflow(text: str, file: str = "workflow.yaml") -> Workflow:
    """
    Read the workflow of a text; ``file`` is named in findings, and fragments are looked for beside it.

    :raises InvalidSpecError: the text breaks a rule.
    """
    return _validated(FileReader().read_text(text, Path(file), file))[0]


def checked(workflow: Workflow) -> Workflow:
    """
    Apply the rules to a workflow that was written in Python.

    :raises SpecError: it breaks one; the message lists all.
    """
    found = [f"{broken.rule} {broken.text}" for broken in violations(workflow) if broken.is_error]
    if found:
        raise SpecError("\n".join([f"workflow '{workflow.workflow}' breaks these rules:", *found]))
    return workflow


def _validated(documents: list[Document]) -> tuple[Workflow, tuple[Finding, ...]]:
    source, early = preprocess(documents)
    try:
        workflow = Workflow.model_validate(source.data)
        findings = _besides(early, check(workflow, source))
    except ValidationError as error:
        late = [*shape_findings(error, source), *_further_findings(error, source)]
        raise InvalidSpecError(_besides(early, late)) from None
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidSpecError(findings)
    return workflow, in_reading_order(findings)


def _besides(early: list[Finding], late: Iterable[Finding]) -> list[Finding]:
    """Leave out what is only wrong because something else is wrong in the same place."""
    places = {(finding.file, finding.position) for finding in early}
    return [*early, *(finding for finding in late if (finding.file, finding.position) not in places)]


def _further_findings(error: ValidationError, source: Source) -> Iterable[Finding]:
    """Look at what has the right shape, so that nobody repairs one half to be told of the other."""
    data = source.data
    for _ in range(_ROUNDS_MAX):
        data = sound_part(error, data, source)
        try:
            return check_part(Workflow.model_validate(data), source)
        except ValidationError as left:  # what was left out is missed elsewhere
            error = left
    return []
