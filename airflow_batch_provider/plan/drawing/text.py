"""A plan's graph as text: one line for each job with its dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from airflow_batch_provider.plan.model import EdgeOwner

if TYPE_CHECKING:
    from airflow_batch_provider.plan.drawing.graph import Edge, Graph

_ARROWS = {EdgeOwner.BATCH: "◀──", EdgeOwner.IMPLIED: "◁··", EdgeOwner.AIRFLOW: "◀╌╌"}
_N_TO_N_ARROW = "◀══"
_KEYS_SHOWN = 4


def graph_as_text(graph: Graph) -> str:
    """Return the graph as text, followed by a legend."""
    titles = max(len(node.title) for node in graph.nodes)
    notes = max(len(node.notes[0]) for node in graph.nodes)
    lines = [graph.title, ""]
    for node in graph.nodes:
        into = list(_upstream([edge for edge in graph.edges if edge.downstream == node.key])) or [""]
        lines.append(f"{node.title:<{titles}}  {node.notes[0]:<{notes}}  {into[0]}".rstrip())
        lines.extend(f"{'':<{titles}}  {'':<{notes}}  {more}" for more in into[1:])
    return "\n".join([*lines, "", _legend(graph)])


def _upstream(edges: Sequence[Edge]) -> Iterator[str]:
    for arrow, label in dict.fromkeys((_arrow(edge), edge.label) for edge in edges):
        alike = [edge.upstream for edge in edges if (_arrow(edge), edge.label) == (arrow, label)]
        more = f" and {len(alike) - _KEYS_SHOWN} more" if len(alike) > _KEYS_SHOWN else ""
        yield f"{arrow} {', '.join(alike[:_KEYS_SHOWN])}{more}{f'  [{label}]' if label else ''}"


def _arrow(edge: Edge) -> str:
    is_n_to_n = edge.type is not None and edge.owner is EdgeOwner.BATCH
    return _N_TO_N_ARROW if is_n_to_n else _ARROWS[edge.owner]


def _legend(graph: Graph) -> str:
    arrows = {_arrow(edge) for edge in graph.edges}
    meanings = {
        "◀──": "AWS Batch (dependsOn)",
        "◀══": "AWS Batch, child by child (N_TO_N)",
        "◀╌╌": "Airflow",
        "◁··": "implied by others",
    }
    return "   ".join(f"{arrow} {meaning}" for arrow, meaning in meanings.items() if arrow in arrows)
