"""Preprocess the parsed files of a spec: merge fragments, substitute variables, expand repeated jobs."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import DataPath, Document
from airflow_batch_provider.spec.fragments import merge_documents
from airflow_batch_provider.spec.job_expansion import EXPANSION_KEYS, JobExpander
from airflow_batch_provider.spec.source import Source
from airflow_batch_provider.spec.unknowns import Unknowns
from airflow_batch_provider.spec.variables import MARK, Substitution

_RESERVED = frozenset({"item", "matrix"})


def preprocess(documents: list[Document], *, is_complete: bool) -> tuple[Source, Unknowns, list[Finding]]:
    """
    Return the data that the models validate, what is unknown about it, and the findings of preprocessing.

    :param documents: the spec's file first, then its fragments.
    :param is_complete: whether all fragments could be read.
    """
    merged = merge_documents(documents)
    variables = merged.pop("variables", None)
    jobs = merged.get("jobs")
    unknowns = Unknowns.of_documents(documents, is_complete=is_complete)
    if variables is None and not _needs_preprocessing(merged, jobs):
        return Source(tuple(documents), merged), unknowns, []
    problems: dict[DataPath, str] = {}
    if not isinstance(variables, dict | None):
        problems["variables",] = "'variables' must be a mapping of names to values"
        variables, is_complete = None, False
    substitution = Substitution(is_complete=is_complete)
    known = substitution.resolve_variables(variables or {})
    for name in _RESERVED & known.keys():
        problems["variables", name] = f"'{name}' is reserved for 'for_each' and 'matrix'; rename the variable"
    expander = JobExpander(known, substitution)
    data = _substituted(merged, known, substitution, expander)
    source = Source(tuple(documents), data, expander.origins)
    unknowns.values |= {source.written_path(path) for path in substitution.unresolved}
    unknowns.unexpanded |= expander.unexpanded
    findings = [source.place(path).finding("E106", text) for path, text in substitution.problems.items()]
    findings += [source.place(path, at_key=True).finding("E106", text) for path, text in problems.items()]
    findings += [
        source.place(path, at_key=True).finding("E107", text) for path, text in expander.problems.items()
    ]
    return source, unknowns, [found for found in findings if not unknowns.is_unreadable(found)]


def _substituted(
    merged: dict[str, Any], known: dict[str, Any], substitution: Substitution, expander: JobExpander
) -> dict[str, Any]:
    """Substitute the variables and expand the jobs."""
    # Jobs come later, because `item` and `matrix` differ for each expanded job; tasks come after the jobs.
    data = {
        key: value if key in ("jobs", "tasks") else substitution.substitute(value, known, (key,))
        for key, value in merged.items()
    }
    jobs = merged.get("jobs")
    if isinstance(jobs, dict):
        data["jobs"] = expander.expand_jobs(jobs)
    elif "jobs" in merged:
        data["jobs"] = substitution.substitute(jobs, known, ("jobs",))
    if "tasks" in data:
        # Expanding the jobs records which keys each of them expands to.
        tasks = substitution.substitute(data["tasks"], known, ("tasks",))
        data["tasks"] = expander.expand_task_dependencies(tasks) if isinstance(tasks, dict) else tasks
    return data


def _needs_preprocessing(data: dict[str, Any], jobs: Any) -> bool:
    has_expansion = isinstance(jobs, dict) and any(
        key in job for job in jobs.values() if isinstance(job, dict) for key in EXPANSION_KEYS
    )
    return has_expansion or _has_variable(data)


def _has_variable(value: Any) -> bool:
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, dict):
        return any(map(_has_variable, value.values()))
    return isinstance(value, list) and any(map(_has_variable, value))
