"""Expand a workflow into the members of its plan: a large array becomes several jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.batch.arrays import ArraySlice, slices
from airflow_batch_provider.spec.gates import Gate, gates_of, start_settings, trigger_rule_of
from airflow_batch_provider.spec.models import (
    Dependency,
    DependencyType,
    Job,
    PythonTask,
    Workflow,
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A dependency on the member ``key``, made from the author's dependency ``written``."""

    key: str | None
    type: DependencyType | None
    written: Dependency | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """
    A job or Python task of a plan.

    :param written_key: its key in the spec; ``key`` differs for a slice of a large array.
    :param settings: the arguments of its task that decide when Airflow starts it, from the spec and from
        ``default_args``; absent means Airflow's default.
    :param array_slice: the slice of the array; None for a job whose size is not set or is a template.
    """

    key: str
    written_key: str
    written: Job | PythonTask
    upstream: tuple[Upstream, ...]
    settings: Mapping[str, Any]
    array_slice: ArraySlice | None = None

    @property
    def upstream_keys(self) -> list[str]:
        return [each.key for each in self.upstream if each.key is not None]

    @property
    def trigger_rule(self) -> str:
        return trigger_rule_of(self.settings)

    @property
    def gates(self) -> tuple[Gate, ...]:
        return gates_of(self.settings)


def members_of(workflow: Workflow, default_args: Mapping[str, Any]) -> list[Member]:
    """
    Return the members in the author's order, jobs before tasks.

    :param default_args: the arguments of every task that has none of its own.
    """
    written: dict[str, Job | PythonTask] = {**workflow.jobs, **workflow.tasks}
    slices_by_key = {key: _slices_of(one) for key, one in written.items()}
    return [
        member for key, one in written.items() for member in _members(key, one, slices_by_key, default_args)
    ]


def _slices_of(one: Job | PythonTask) -> Sequence[ArraySlice | None]:
    size = one.array_size if isinstance(one, Job) else None
    return slices(size) if isinstance(size, int) else (None,)


def _members(
    key: str,
    one: Job | PythonTask,
    slices_by_key: Mapping[str, Sequence[ArraySlice | None]],
    default_args: Mapping[str, Any],
) -> Iterator[Member]:
    settings = {**default_args, **start_settings(one)}
    for number, array_slice in enumerate(slices_by_key[key]):
        upstream = [
            each
            for dependency in one.depends_on
            for each in _upstream(key, number, dependency, slices_by_key)
        ]
        part = part_key(key, number, slices_by_key[key])
        yield Member(part, key, one, _sorted(upstream), settings, array_slice)


def part_key(key: str, number: int, slices_of_key: Sequence[ArraySlice | None]) -> str:
    """Return the key of a slice: its number after a dot, which an author's key cannot contain."""
    return key if len(slices_of_key) == 1 else f"{key}.{number}"


def _upstream(
    key: str,
    number: int,
    dependency: Dependency,
    slices_by_key: Mapping[str, Sequence[ArraySlice | None]],
) -> Iterator[Upstream]:
    if dependency.job is None:
        if number > 0:  # the children of the previous slice run first
            yield Upstream(part_key(key, number - 1, slices_by_key[key]), None, dependency)
        yield Upstream(None, dependency.type, dependency)
        return
    others = slices_by_key[dependency.job]
    # Arrays of the same size have the same slices (see
    # `slices`), so child i is in the slice with the same number.
    if dependency.type is DependencyType.N_TO_N and len(others) == len(slices_by_key[key]):
        yield Upstream(part_key(dependency.job, number, others), dependency.type, dependency)
        return
    for place in range(len(others)):
        yield Upstream(part_key(dependency.job, place, others), dependency.type, dependency)


def _sorted(upstream: Sequence[Upstream]) -> tuple[Upstream, ...]:
    """Order distinct dependencies by key: the author's order has no meaning."""
    distinct = {(each.key, each.type): each for each in upstream}
    return tuple(
        sorted(distinct.values(), key=lambda each: (each.key is None, each.key or "", each.type or ""))
    )
