"""The nodes and edges of a plan's graph, independent of the output format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.plan.model import EdgeOwner, PlannedJob, PlannedTask, WorkflowPlan
from airflow_batch_provider.plan.requests_as_json import shown_definition
from airflow_batch_provider.spec.models import DependencyType, TriggerRule

_UNKNOWN_SIZE: Final = "…"


@dataclass(frozen=True, slots=True)
class Node:
    """
    A job, an array (possibly split into several array jobs), or a Python task.

    :param size: the number of children of an array as text, ``…`` if it is only known at run time;
        None if the job is not an array.
    :param notes: further details, the most important first.
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

    :param label: a text to show next to the edge; usually empty.
    :param reason: why the owner enforces the dependency.
    """

    upstream: str
    downstream: str
    owner: EdgeOwner
    type: DependencyType | None = None
    label: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes in submission order and the edges between them."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def build_graph(plan: WorkflowPlan) -> Graph:
    """Return the graph of a plan; the parts of a split array become one node, as in the spec."""
    author_key_of = {planned.key: _author_key(planned) for planned in plan.members}
    parts: dict[str, list[PlannedJob | PlannedTask]] = {}
    for planned in plan.members:
        parts.setdefault(author_key_of[planned.key], []).append(planned)
    edges = {
        (edge.upstream, edge.downstream, edge.type): edge
        for planned in plan.members
        for edge in _edges_into(planned, author_key_of)
        if edge.upstream != edge.downstream
    }
    nodes = tuple(_node(key, several) for key, several in parts.items())
    return Graph(f"{plan.workflow} ({plan.submission_mode})", nodes, tuple(edges.values()))


def _author_key(planned: PlannedJob | PlannedTask) -> str:
    part_of = planned.part_of if isinstance(planned, PlannedJob) else None
    return part_of or planned.key


def _node(key: str, parts: list[PlannedJob | PlannedTask]) -> Node:
    first = parts[0]
    if isinstance(first, PlannedTask):
        return Node(key, notes=(f"Python task {first.python}",), is_task=True)
    sizes = [_size(part) for part in parts if isinstance(part, PlannedJob)]
    is_known = all(isinstance(each, int) for each in sizes)
    size = f"{sum(sizes):,}" if is_known else _UNKNOWN_SIZE
    notes = [f"queue {first.request['jobQueue']}", f"definition {shown_definition(first.request)}"]
    if len(parts) > 1:
        notes.insert(1, f"split into {len(parts)} jobs")
    if first.gates:
        notes.append(f"held back by {', '.join(first.gates)}")
    if any(each.type is DependencyType.SEQUENTIAL for each in first.depends_on):
        notes.insert(1, "children run one after the other")
    if sizes[0] is None:
        return Node(key, notes=tuple(notes))
    if not is_known:
        notes.insert(1, "size set at run time")
    return Node(key, size, tuple(notes))


def _size(job: PlannedJob) -> Any:
    return job.request.get("arrayProperties", {}).get("size")


def _edges_into(planned: PlannedJob | PlannedTask, author_key_of: dict[str, str]) -> Iterable[Edge]:
    rule = planned.task_settings.get("trigger_rule")
    for each in planned.depends_on:
        if each.job_key is not None:
            is_owned_by_airflow = each.owner is EdgeOwner.AIRFLOW
            label = str(rule) if is_owned_by_airflow and rule not in (None, TriggerRule.ALL_SUCCESS) else ""
            yield Edge(
                author_key_of[each.job_key],
                author_key_of[planned.key],
                each.owner,
                each.type,
                label or (str(each.type) if each.type is not None else ""),
                each.reason,
            )
