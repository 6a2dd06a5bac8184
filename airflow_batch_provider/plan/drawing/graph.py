"""What a picture of a plan shows, whatever it is drawn with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.plan.model import EdgeOwner, PlannedJob, PlannedTask, WorkflowPlan
from airflow_batch_provider.plan.requests_as_json import shown_definition
from airflow_batch_provider.spec.models import DependencyType, TriggerRule

_SIZE_OF_THE_RUN: Final = "…"


@dataclass(frozen=True, slots=True)
class Node:
    """
    A job, an array (also one that is cut into several jobs), or a Python task.

    :param size: how many children an array has, as a text, ``…`` where only the run will tell;
        None for a job that is none.
    :param notes: what else is to be said, from the most important on.
    """

    key: str
    size: str | None = None
    notes: tuple[str, ...] = ()
    is_task: bool = False

    @property
    def title(self) -> str:
        return f"{self.key} ×{self.size}" if self.size else self.key


@dataclass(frozen=True, slots=True)
class Edge:
    """
    A dependency.

    :param label: what a reader must know of it; mostly nothing.
    :param reason: why its owner owns it.
    """

    upstream: str
    downstream: str
    owner: EdgeOwner
    type: DependencyType | None = None
    label: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes in the order of their submission, and the edges between them."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(plan: WorkflowPlan) -> Graph:
    """Draw jobs that are parts of one array together, as the author wrote them."""
    written = {planned.key: _written_key(planned) for planned in plan.members}
    parts: dict[str, list[PlannedJob | PlannedTask]] = {}
    for planned in plan.members:
        parts.setdefault(written[planned.key], []).append(planned)
    edges = {
        (edge.upstream, edge.downstream, edge.type): edge
        for planned in plan.members
        for edge in _edges_into(planned, written)
        if edge.upstream != edge.downstream
    }
    nodes = tuple(_node(key, several) for key, several in parts.items())
    return Graph(f"{plan.workflow} ({plan.arrangement})", nodes, tuple(edges.values()))


def _written_key(planned: PlannedJob | PlannedTask) -> str:
    part_of = planned.part_of if isinstance(planned, PlannedJob) else None
    return part_of or planned.key


def _node(key: str, parts: list[PlannedJob | PlannedTask]) -> Node:
    first = parts[0]
    if isinstance(first, PlannedTask):
        return Node(key, notes=(f"Python task {first.python}",), is_task=True)
    sizes = [_size(part) for part in parts if isinstance(part, PlannedJob)]
    is_known = all(isinstance(each, int) for each in sizes)
    size = f"{sum(sizes):,}" if is_known else _SIZE_OF_THE_RUN
    notes = [f"queue {first.request['jobQueue']}", f"definition {shown_definition(first.request)}"]
    if len(parts) > 1:
        notes.insert(1, f"cut into {len(parts)} jobs")
    if any(each.type is DependencyType.SEQUENTIAL for each in first.depends_on):
        notes.insert(1, "children one after the other")
    if sizes[0] is None:
        return Node(key, notes=tuple(notes))
    if not is_known:
        notes.insert(1, "as many as the run says")
    return Node(key, size, tuple(notes))


def _size(job: PlannedJob) -> Any:
    return job.request.get("arrayProperties", {}).get("size")


def _edges_into(planned: PlannedJob | PlannedTask, written: dict[str, str]) -> Iterable[Edge]:
    rule = planned.task_settings.get("trigger_rule")
    for each in planned.depends_on:
        if each.job_key is not None:
            is_airflows = each.owner is EdgeOwner.AIRFLOW
            label = str(rule) if is_airflows and rule not in (None, TriggerRule.ALL_SUCCESS) else ""
            yield Edge(
                written[each.job_key],
                written[planned.key],
                each.owner,
                each.type,
                label or (str(each.type) if each.type is not None else ""),
                each.reason,
            )
