"""``for_each`` and ``matrix``: expand one job of a spec to several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.rules.graph import JOB_KEY
from airflow_batch_provider.spec.variables import UNRESOLVED, Substitution

EXPANSION_KEYS: Final = ("for_each", "matrix")
_ENTRY_NAMES: Final = {"item": "for_each", "matrix": "matrix"}
"""The names that an entry defines, with the keys that define them."""
EXPANDED_JOBS_MAX: Final = 1_000
"""The maximum number of jobs from one ``for_each`` or ``matrix``."""


@dataclass(frozen=True, slots=True)
class _Entry:
    key_suffix: str
    names: Mapping[str, Any]


class ExpansionError(ValueError):
    """A ``for_each`` or ``matrix`` cannot be expanded; the message gives the reason."""


class JobExpander:
    """
    Expands the jobs of a spec and substitutes their variables.

    :param problems: the problem at each path.
    :param origins: for each path in the result that expansion created, the path that the author wrote.
    :param unexpanded: the keys of the jobs that could not be expanded.
    """

    def __init__(self, variables: Mapping[str, Any], substitution: Substitution) -> None:
        self.problems: dict[DataPath, str] = {}
        self.origins: dict[DataPath, DataPath] = {}
        self.unexpanded: set[str] = set()
        self._variables = variables
        self._substitution = substitution
        self._expanded_keys: dict[str, list[str]] = {}

    def expand_jobs(self, jobs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the jobs by key, with those that have ``for_each`` or ``matrix`` expanded."""
        expanded: dict[str, Any] = {}
        for key, job in jobs.items():
            if isinstance(job, dict) and any(name in job for name in EXPANSION_KEYS):
                expanded.update(self._expand_job(key, job, {*expanded, *jobs}))
            else:
                expanded[key] = self._substitution.substitute(job, self._variables, ("jobs", key))
        # In a second pass, because a job may depend on one that is written below it.
        return {key: self._expand_dependencies(("jobs", key), job) for key, job in expanded.items()}

    def expand_task_dependencies(self, tasks: Mapping[str, Any]) -> dict[str, Any]:
        """Return the Python tasks, with dependencies on an expanded job replaced by all of its jobs."""
        return {key: self._expand_dependencies(("tasks", key), task) for key, task in tasks.items()}

    def _expand_job(self, key: str, job: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
        rest = {name: value for name, value in job.items() if name not in EXPANSION_KEYS}
        known_problems = len(self._substitution.unresolved)
        try:
            entries = _entries(self._substitution, key, job, self._variables)
            keys = [f"{key}_{entry.key_suffix}" for entry in entries]
            _check_unique(key, keys, taken)
            _check_valid(key, keys)
        except ExpansionError as error:
            if len(self._substitution.unresolved) == known_problems:
                path = ("jobs", key, next(name for name in EXPANSION_KEYS if name in job))
                self.problems[path] = str(error)
            return {key: self._keep_unexpanded(key, job)}
        if len(self._substitution.unresolved) > known_problems:
            return {key: self._keep_unexpanded(key, job)}
        self._expanded_keys[key] = keys
        jobs = {}
        for expanded_key, entry in zip(keys, entries, strict=True):
            self.origins["jobs", expanded_key] = ("jobs", key)
            names = {**self._variables, **entry.names}
            jobs[expanded_key] = self._substitution.substitute(rest, names, ("jobs", key))
        return jobs

    def _keep_unexpanded(self, key: str, job: Mapping[str, Any]) -> Any:
        """Keep a job that cannot be expanded for the rules; the values of its entries are unknown."""
        self.unexpanded.add(key)
        self._expanded_keys[key] = [key]
        entry = {name: UNRESOLVED for name, keyword in _ENTRY_NAMES.items() if keyword in job}
        rest = {name: value for name, value in job.items() if name not in EXPANSION_KEYS}
        return self._substitution.substitute(rest, {**self._variables, **entry}, ("jobs", key))

    def _expand_dependencies(self, path: DataPath, job: Any) -> Any:
        """Replace a dependency on an expanded job by dependencies on all of its jobs."""
        has_dependencies = isinstance(job, dict) and isinstance(job.get("depends_on"), list)
        if not self._expanded_keys or not has_dependencies:
            return job
        origin = self.origins.get(path, path)
        dependencies: list[Any] = []
        for index, dependency in enumerate(job["depends_on"]):
            for each in self._expand_dependency(dependency):
                # Expansion moves the later entries; findings still point at the author's.
                self.origins[*path, "depends_on", len(dependencies)] = (*origin, "depends_on", index)
                dependencies.append(each)
        return {**job, "depends_on": dependencies}

    def _expand_dependency(self, dependency: Any) -> Iterator[Any]:
        name = dependency.get("job") if isinstance(dependency, dict) else dependency
        if not isinstance(name, str) or name not in self._expanded_keys:
            yield dependency
        elif isinstance(dependency, dict):
            yield from ({**dependency, "job": key} for key in self._expanded_keys[name])
        else:
            yield from self._expanded_keys[name]


def _entries(
    substitution: Substitution, key: str, job: Mapping[str, Any], variables: Mapping[str, Any]
) -> list[_Entry]:
    if all(name in job for name in EXPANSION_KEYS):
        raise ExpansionError(f"job '{key}' has both 'for_each' and 'matrix'; keep one of them")
    name = next(name for name in EXPANSION_KEYS if name in job)
    value = substitution.substitute(job[name], variables, ("jobs", key, name))
    entries = _for_each_entries(value) if name == "for_each" else _matrix_entries(value)
    if len(entries) > EXPANDED_JOBS_MAX:
        raise ExpansionError(
            f"job '{key}' would expand to {len(entries):,} jobs; the limit is {EXPANDED_JOBS_MAX:,}. "
            "An array job ('array_size') can have more children and needs only one submission"
        )
    return entries


def _for_each_entries(items: Any) -> list[_Entry]:
    if not isinstance(items, list) or not items:
        raise ExpansionError("'for_each' must be a non-empty list of strings, numbers or mappings")
    return [_Entry(_key_suffix(item), {"item": item}) for item in items]


def _key_suffix(item: Any) -> str:
    if isinstance(item, dict):
        return str(item["key"]) if "key" in item else _join(list(item.values()))
    return _join([item])


def _matrix_entries(axes: Any) -> list[_Entry]:
    is_matrix = isinstance(axes, dict) and axes and all(isinstance(v, list) and v for v in axes.values())
    if not is_matrix:
        raise ExpansionError("'matrix' must be a mapping of names to non-empty lists")
    return [
        _Entry(_join(list(values)), {"matrix": dict(zip(axes, values, strict=True))})
        for values in product(*axes.values())
    ]


def _join(values: list[Any]) -> str:
    if any(isinstance(value, dict | list) or value is None for value in values):
        raise ExpansionError(
            "a job key cannot be built from a list, a mapping or null; give each entry a 'key'"
        )
    return "_".join(str(value) for value in values)


def _check_unique(key: str, keys: list[str], taken: set[str]) -> None:
    clash = next((expanded for expanded in keys if keys.count(expanded) > 1 or expanded in taken), None)
    if clash is not None:
        raise ExpansionError(
            f"job '{key}' would expand to the job key '{clash}', which is already taken; "
            "use different values, or give each entry a 'key'"
        )


def _check_valid(key: str, keys: list[str]) -> None:
    invalid = next((expanded for expanded in keys if not JOB_KEY.fullmatch(expanded)), None)
    if invalid is not None:
        raise ExpansionError(
            f"job '{key}' would expand to the job key '{invalid}', which is not a valid task ID: use up to "
            "100 letters, digits, '_' and '-', or write the entry as a mapping with a 'key'"
        )
