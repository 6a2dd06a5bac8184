"""From a file (or a text) to a validated workflow, or to all of its findings at once."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ValidationError

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError, Position, Severity
from airflow_batch_provider.spec.models import ConnectionSettings, Dependency, Job, JobSettings, Workflow
from airflow_batch_provider.spec.rules import check
from airflow_batch_provider.spec.source import Path as DataPath
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
    except (OSError, UnicodeDecodeError) as error:
        text = f"cannot be read: {error}"
        raise InvalidSpecError([Finding(name, Position(1, 1), "E101", text)]) from None
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
        raise InvalidSpecError(_shape_findings(error, source)) from None
    findings = list(check(workflow, source))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidSpecError(findings)
    return workflow


def _shape_findings(error: ValidationError, source: Source) -> Iterator[Finding]:
    seen: set[Finding] = set()
    for problem in error.errors(include_url=False, include_context=False):
        path = _as_written(tuple(problem["loc"]), source)
        finding = _shape_finding(path, problem["type"], problem["msg"], source)
        if finding not in seen:  # a default is wrong once, not once for each job
            seen.add(finding)
            yield finding


def _shape_finding(path: DataPath, kind: str, message: str, source: Source) -> Finding:
    if kind == "extra_forbidden":
        known = _keys_allowed_at(path[:-1])
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
        return Finding(source.file, source.key_position(path), "E202", f"unknown key '{path[-1]}'; {hint}")
    if kind == "missing":
        inside = f" in '{_dotted(path[:-1])}'" if len(path) > 1 else ""
        return Finding(source.file, source.position(path), "E203", f"key '{path[-1]}' is missing{inside}")
    text = message.removeprefix("Value error, ")
    where = _enclosed(path, source)
    return Finding(source.file, source.position(where), "E201", f"{_dotted(where)}: {text}")


def _as_written(path: DataPath, source: Source) -> DataPath:
    """Move what a job took over from the defaults to where its author wrote it."""
    inherited: DataPath = ("defaults", *path[2:])
    is_job_value = path[:1] == ("jobs",) and len(path) > 2
    return inherited if is_job_value and path not in source.values and inherited in source.values else path


def _enclosed(path: DataPath, source: Source) -> DataPath:
    """Cut a path at the end of what the author wrote; behind it, pydantic names members of unions."""
    while path and path not in source.values:
        path = path[:-1]
    return path


def _dotted(path: DataPath) -> str:
    return ".".join(str(part) for part in path)


def _keys_allowed_at(path: DataPath) -> list[str]:
    model: type[BaseModel] = Workflow
    if path[:1] == ("defaults",):
        model = JobSettings
    elif path[:1] == ("connection",):
        model = ConnectionSettings
    elif path[:1] == ("jobs",):
        model = Dependency if "depends_on" in path else Job
    return list(model.model_fields)
