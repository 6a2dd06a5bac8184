"""A plan's graph as a Mermaid flowchart, which GitHub, GitLab and many editors render."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_batch_provider.plan.drawing.palette import AIRFLOW, BATCH, edge_color
from airflow_batch_provider.plan.model import EdgeOwner

if TYPE_CHECKING:
    from airflow_batch_provider.plan.drawing.graph import Edge, Graph, Node

_CLASSES = (
    f"classDef job fill:#fff7ec,stroke:{BATCH},color:#222",
    f"classDef task fill:#eaf4fe,stroke:{AIRFLOW},color:#222",
)


def graph_as_mermaid(graph: Graph) -> str:
    """Return a flowchart: solid edges for AWS Batch, thick for child by child, dotted for Airflow."""
    ids = {node.key: f"n{place}" for place, node in enumerate(graph.nodes)}
    lines = ["---", f"title: {_quoted(graph.title)}", "---", "flowchart LR"]
    lines += [f"  {ids[node.key]}{_shape(node)}" for node in graph.nodes]
    lines += [f"  {ids[edge.upstream]} {_arrow(edge)} {ids[edge.downstream]}" for edge in graph.edges]
    return "\n".join([*lines, *(f"  {line}" for line in _styles(graph))])


def _shape(node: Node) -> str:
    text = "<br/>".join([f"<b>{_escaped(node.title)}</b>", *map(_escaped, node.notes[:2])])
    if node.is_task:
        return f'(["{text}"]):::task'
    return f'[["{text}"]]:::job' if node.size else f'["{text}"]:::job'


def _arrow(edge: Edge) -> str:
    label = f"|{_quoted(edge.label)}|" if edge.label else ""
    if edge.owner is EdgeOwner.BATCH:
        return f"{'==>' if edge.type else '-->'}{label}"
    return f"-.->{label}"


def _styles(graph: Graph) -> Iterator[str]:
    yield from _CLASSES
    for owner in (EdgeOwner.BATCH, EdgeOwner.AIRFLOW, EdgeOwner.IMPLIED):
        places = [str(place) for place, edge in enumerate(graph.edges) if edge.owner is owner]
        if places:
            yield f"linkStyle {','.join(places)} stroke:{edge_color(owner)}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace('"', "&quot;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("{", "&#123;")
        .replace("}", "&#125;")
    )
