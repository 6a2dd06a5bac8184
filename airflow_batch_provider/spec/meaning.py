"""From the text of a spec to the data that its author means."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import Document, Path
from airflow_batch_provider.spec.fragments import combined
from airflow_batch_provider.spec.repetition import REPETITION_MEMBERS, Repetition
from airflow_batch_provider.spec.source import Source
from airflow_batch_provider.spec.variables import MARK, Substitution

_RESERVED = frozenset({"item", "matrix"})


def preprocess(documents: list[Document]) -> tuple[Source, list[Finding]]:
    """Lay fragments under the file, put in variables, repeat jobs; what cannot be done is a finding."""
    written = combined(documents)
    variables = written.pop("variables", None)
    jobs = written.get("jobs")
    if variables is None and not _needs_work(written, jobs):
        return Source(tuple(documents), written), []
    substitution = Substitution()
    problems: dict[Path, str] = {}
    if not isinstance(variables, dict | None):
        problems["variables",] = "'variables' is a mapping of names to values"
        variables = None
    known = substitution.variables(variables or {})
    for name in _RESERVED & known.keys():
        problems["variables", name] = f"'{name}' is what 'for_each' and 'matrix' give; rename the variable"
    repetition = Repetition(known, substitution)
    data = {
        key: value if key in ("jobs", "tasks") else substitution.into(value, known, (key,))
        for key, value in written.items()
    }
    if isinstance(jobs, dict):
        data["jobs"] = repetition.jobs(jobs)
    if "tasks" in data:
        tasks = substitution.into(data["tasks"], known, ("tasks",))
        data["tasks"] = repetition.with_groups(tasks) if isinstance(tasks, dict) else tasks
    source = Source(tuple(documents), data, repetition.origins)
    findings = [source.place(path).finding("E106", text) for path, text in substitution.problems.items()]
    findings += [source.place(path, at_key=True).finding("E106", text) for path, text in problems.items()]
    findings += [
        source.place(path, at_key=True).finding("E107", text) for path, text in repetition.problems.items()
    ]
    return source, findings


def _needs_work(written: dict[str, Any], jobs: Any) -> bool:
    is_repeated = isinstance(jobs, dict) and any(
        member in job for job in jobs.values() if isinstance(job, dict) for member in REPETITION_MEMBERS
    )
    return is_repeated or _mentions(written)


def _mentions(value: Any) -> bool:
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, dict):
        return any(map(_mentions, value.values()))
    return isinstance(value, list) and any(map(_mentions, value))
