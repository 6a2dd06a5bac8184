"""``for_each`` and ``matrix``: several jobs from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from airflow_batch_provider.spec.document import Path
from airflow_batch_provider.spec.rules.graph import JOB_KEY
from airflow_batch_provider.spec.variables import Substitution

REPETITION_MEMBERS: Final = ("for_each", "matrix")
JOBS_OF_ONE_MAX: Final = 1_000
"""Jobs that one ``for_each`` or ``matrix`` may become."""


@dataclass(frozen=True, slots=True)
class _Entry:
    suffix: str
    names: Mapping[str, Any]


class RepetitionError(ValueError):
    """A ``for_each`` or ``matrix`` that cannot be repeated; the message says why."""


class Repetition:
    """
    Makes the jobs of a spec from what is written, each with its variables put in.

    :param problems: by path, what is wrong there.
    :param origins: by path in the result, the path where it is written.
    """

    def __init__(self, variables: Mapping[str, Any], substitution: Substitution) -> None:
        self.problems: dict[Path, str] = {}
        self.origins: dict[Path, Path] = {}
        self._variables = variables
        self._substitution = substitution
        self._groups: dict[str, list[str]] = {}

    def jobs(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Repeat the jobs that say so; the others stay single."""
        made: dict[str, Any] = {}
        for key, job in written.items():
            is_repeated = isinstance(job, dict) and any(member in job for member in REPETITION_MEMBERS)
            made.update(
                self._repeated(key, job, made, written) if is_repeated else {key: self._single(key, job)}
            )
        return self._with_groups(made)

    def with_groups(self, tasks: Mapping[str, Any]) -> dict[str, Any]:
        """Let Python tasks depend on all jobs of a repeated one."""
        return {key: self._depending(("tasks", key), task) for key, task in tasks.items()}

    def _single(self, key: str, job: Any) -> Any:
        return self._substitution.into(job, self._variables, ("jobs", key))

    def _repeated(
        self, key: str, job: Mapping[str, Any], made: Mapping[str, Any], written: Mapping[str, Any]
    ) -> dict[str, Any]:
        rest = {name: value for name, value in job.items() if name not in REPETITION_MEMBERS}
        try:
            entries = _entries(self._substitution, key, job, self._variables)
            keys = [f"{key}_{entry.suffix}" for entry in entries]
            _refuse_clashes(key, keys, {*made, *written})
            _refuse_illegal(key, keys)
        except RepetitionError as error:
            self.problems["jobs", key, next(name for name in REPETITION_MEMBERS if name in job)] = str(error)
            self._groups[key] = [key]
            return {key: Substitution().into(rest, {}, ())}  # without what only an entry could say
        self._groups[key] = keys
        jobs = {}
        for made_key, entry in zip(keys, entries, strict=True):
            self.origins["jobs", made_key] = ("jobs", key)
            names = {**self._variables, **entry.names}
            jobs[made_key] = self._substitution.into(rest, names, ("jobs", key))
        return jobs

    def _with_groups(self, jobs: Mapping[str, Any]) -> dict[str, Any]:
        if not self._groups:
            return dict(jobs)
        return {key: self._depending(("jobs", key), job) for key, job in jobs.items()}

    def _depending(self, path: Path, job: Any) -> Any:
        """Turn a dependency on a repeated job into dependencies on all of its jobs."""
        if not self._groups or not isinstance(job, dict) or not isinstance(job.get("depends_on"), list):
            return job
        origin = self.origins.get(path, path)
        dependencies: list[Any] = []
        for index, dependency in enumerate(job["depends_on"]):
            for each in self._members(dependency):
                self.origins[*path, "depends_on", len(dependencies)] = (*origin, "depends_on", index)
                dependencies.append(each)
        return {**job, "depends_on": dependencies}

    def _members(self, dependency: Any) -> Iterator[Any]:
        name = dependency.get("job") if isinstance(dependency, dict) else dependency
        if not isinstance(name, str) or name not in self._groups:
            yield dependency
        elif isinstance(dependency, dict):
            yield from ({**dependency, "job": key} for key in self._groups[name])
        else:
            yield from self._groups[name]


def _entries(
    substitution: Substitution, key: str, job: Mapping[str, Any], variables: Mapping[str, Any]
) -> list[_Entry]:
    if all(member in job for member in REPETITION_MEMBERS):
        raise RepetitionError(f"job '{key}' has both 'for_each' and 'matrix'; keep one")
    member = next(name for name in REPETITION_MEMBERS if name in job)
    value = substitution.into(job[member], variables, ("jobs", key, member))
    entries = _of_list(value) if member == "for_each" else _of_matrix(value)
    if len(entries) > JOBS_OF_ONE_MAX:
        raise RepetitionError(
            f"job '{key}' would become {len(entries):,} jobs; up to {JOBS_OF_ONE_MAX:,} are made. "
            "An array job ('array_size') has more children and costs one submission"
        )
    return entries


def _of_list(items: Any) -> list[_Entry]:
    if not isinstance(items, list) or not items:
        raise RepetitionError("'for_each' is a list of texts, numbers or mappings, with at least one entry")
    return [_Entry(_suffix(item), {"item": item}) for item in items]


def _suffix(item: Any) -> str:
    if isinstance(item, dict):
        return str(item["key"]) if "key" in item else _joined(list(item.values()))
    return _joined([item])


def _of_matrix(axes: Any) -> list[_Entry]:
    is_matrix = isinstance(axes, dict) and axes and all(isinstance(v, list) and v for v in axes.values())
    if not is_matrix:
        raise RepetitionError("'matrix' is a mapping of names to lists, each with at least one value")
    return [
        _Entry(_joined(list(values)), {"matrix": dict(zip(axes, values, strict=True))})
        for values in product(*axes.values())
    ]


def _joined(values: list[Any]) -> str:
    if any(isinstance(value, dict | list) or value is None for value in values):
        raise RepetitionError(
            "the job's key cannot be made of lists, mappings or nothing; give each entry a 'key'"
        )
    return "_".join(str(value) for value in values)


def _refuse_clashes(key: str, keys: list[str], taken: set[str]) -> None:
    clash = next((made for made in keys if keys.count(made) > 1 or made in taken), None)
    if clash is not None:
        raise RepetitionError(
            f"job '{key}' would make job '{clash}' twice; give the entries different values or a 'key'"
        )


def _refuse_illegal(key: str, keys: list[str]) -> None:
    illegal = next((made for made in keys if not JOB_KEY.fullmatch(made)), None)
    if illegal is not None:
        raise RepetitionError(
            f"job '{key}' would make job '{illegal}', which becomes a task id: up to 100 letters, digits, "
            "'_' and '-'; write the entry as a mapping with a 'key'"
        )
