"""A plan's graph as an SVG image, without external programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from airflow_batch_provider.plan.drawing.layers import Layers, Slot
from airflow_batch_provider.plan.drawing.palette import AIRFLOW, BATCH, edge_color
from airflow_batch_provider.plan.model import EdgeOwner

if TYPE_CHECKING:
    from airflow_batch_provider.plan.drawing.graph import Edge, Graph, Node

_TITLE_WIDTH: Final = 8.0
_NOTE_WIDTH: Final = 6.3
"""Pixels per character, a generous estimate."""
_HEIGHT: Final = 46.0
_SPACING: Final = {True: 70.0, False: 26.0}
_GAP: Final = 96.0
_MARGIN: Final = 24.0
_HEADING: Final = 40.0
_LEGEND: Final = 40.0
_STYLE: Final = f"""
text {{ font-family: system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1d2125 }}
.heading {{ font-size: 16px; font-weight: 600 }}
.title {{ font-size: 13px; font-weight: 600 }}
.note, .label, .legend {{ font-size: 11px; fill: #5b6570 }}
.label {{ paint-order: stroke; stroke: #fff; stroke-width: 4px }}
.job {{ fill: #fff8ef; stroke: {BATCH} }}
.task {{ fill: #eaf4fe; stroke: {AIRFLOW} }}
.edge {{ fill: none; stroke-width: 1.6 }}
.n-to-n {{ stroke-width: 3.2 }}
.airflow {{ stroke-dasharray: 6 4 }}
.implied {{ stroke-dasharray: 1.5 4 }}
""".strip()


def graph_as_svg(graph: Graph) -> str:
    """Return an SVG image; the tooltip of each edge shows its owner and the reason."""
    return "\n".join(_Picture(graph).lines())


class _Picture:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        upstream: dict[str, list[str]] = {node.key: [] for node in _topological_order(graph)}
        for edge in graph.edges:
            if edge.upstream not in upstream[edge.downstream]:
                upstream[edge.downstream].append(edge.upstream)
        self._nodes = {node.key: node for node in graph.nodes}
        self._layers = Layers(upstream)
        self._centers = self._layers.heights(_SPACING)
        self._widths = [max(map(self._width_of, layer)) for layer in self._layers.slots]
        self._left = [
            _MARGIN + sum(self._widths[:place]) + place * _GAP for place in range(len(self._widths))
        ]

    def lines(self) -> Iterator[str]:
        right = self._left[-1] + self._widths[-1] + _MARGIN
        width = max(right, len(self._graph.title) * 9 + 2 * _MARGIN, 640.0)
        bottom = max(self._centers.values()) + _SPACING[True] / 2 + _HEADING
        size = f'width="{width:.0f}" height="{bottom + _LEGEND:.0f}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        yield f"<title>{escape(self._graph.title)}</title>"
        yield f"<style>{_STYLE}</style>"
        yield '<rect width="100%" height="100%" fill="#fff"/>'
        yield from _arrow_heads()
        yield f'<text class="heading" x="{_MARGIN:.0f}" y="28">{escape(self._graph.title)}</text>'
        for edge in self._graph.edges:
            yield from self._edge(edge)
        for edge in self._graph.edges:
            if edge.label:
                yield from self._label(edge)
        for layer in self._layers.slots:
            for slot in layer:
                if isinstance(slot.owner, str):
                    yield from self._node(self._nodes[slot.owner], slot)
        yield from _legend(bottom + _LEGEND / 2)
        yield "</svg>"

    def _width_of(self, slot: Slot) -> float:
        if not isinstance(slot.owner, str):
            return 0.0
        node = self._nodes[slot.owner]
        return max(24 + len(node.title) * _TITLE_WIDTH, 24 + len(_subtitle(node)) * _NOTE_WIDTH)

    def _node(self, node: Node, slot: Slot) -> Iterator[str]:
        x, width = self._left[slot.layer], self._widths[slot.layer]
        top = self._centers[slot] + _HEADING - _HEIGHT / 2
        kind = "task" if node.is_task else "job"
        box = f'width="{width:.0f}" height="{_HEIGHT:.0f}" rx="{23 if node.is_task else 7}"'
        yield f"<g><title>{escape('; '.join((node.title, *node.notes)))}</title>"
        if node.size:  # draw an array as a stack
            yield f'<rect class="{kind}" x="{x + 6:.1f}" y="{top - 6:.1f}" {box} opacity="0.55"/>'
            yield f'<rect class="{kind}" x="{x + 3:.1f}" y="{top - 3:.1f}" {box} opacity="0.8"/>'
        yield f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" {box}/>'
        yield f'<text class="title" x="{x + 12:.1f}" y="{top + 19:.1f}">{escape(node.title)}</text>'
        yield f'<text class="note" x="{x + 12:.1f}" y="{top + 36:.1f}">{escape(_subtitle(node))}</text></g>'

    def _edge(self, edge: Edge) -> Iterator[str]:
        route = self._layers.routes[edge.upstream, edge.downstream]
        start = (self._left[route[0].layer] + self._widths[route[0].layer], self._y(route[0]))
        points = [start]
        for slot in route[1:-1]:  # pass straight through the layers in between
            points.append((self._left[slot.layer], self._y(slot)))
            points.append((self._left[slot.layer] + self._widths[slot.layer], self._y(slot)))
        points.append((self._left[route[-1].layer] - 7, self._y(route[-1])))
        owner = "n-to-n" if edge.type and edge.owner is EdgeOwner.BATCH else str(edge.owner)
        ends = f'stroke="{edge_color(edge.owner)}" marker-end="url(#{edge.owner})"'
        tooltip = f"{edge.upstream} → {edge.downstream}: {edge.owner}. {edge.reason}"
        yield f"<g><title>{escape(tooltip)}</title>"
        yield f'<path class="edge {owner}" d="{_curve(points)}" {ends}/>'
        yield "</g>"

    def _label(self, edge: Edge) -> Iterator[str]:
        """Place the label of an edge above its last bend."""
        route = self._layers.routes[edge.upstream, edge.downstream]
        left = self._left[route[-2].layer] + self._widths[route[-2].layer]
        x = left + (self._left[route[-1].layer] - left) * 0.6
        y = self._y(route[-2]) + (self._y(route[-1]) - self._y(route[-2])) * 0.65 - 7
        yield f'<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(edge.label)}</text>'

    def _y(self, slot: Slot) -> float:
        return self._centers[slot] + _HEADING


def _topological_order(graph: Graph) -> list[Node]:
    """Sort the nodes topologically: a plan lists jobs and Python tasks separately."""
    before: dict[str, set[str]] = {node.key: set() for node in graph.nodes}
    for edge in graph.edges:
        before[edge.downstream].add(edge.upstream)
    ordered: dict[str, Node] = {}
    waiting = list(graph.nodes)
    while waiting:
        # Never empty, because the spec's rules reject cycles.
        free = [node for node in waiting if before[node.key] <= ordered.keys()]
        ordered.update((node.key, node) for node in free)
        waiting = [node for node in waiting if node.key not in ordered]
    return list(ordered.values())


def _subtitle(node: Node) -> str:
    return " · ".join(node.notes[: 1 if len(node.notes) < 3 else 2])


def _curve(points: list[tuple[float, float]]) -> str:
    steps = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        # A cubic Bézier curve with horizontal tangents at both ends:
        # https://www.w3.org/TR/SVG2/paths.html#PathDataCubicBezierCommands
        bend = (x2 - x1) / 2
        steps.append(f"C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} {x2:.1f},{y2:.1f}")
    return " ".join(steps)


def _arrow_heads() -> Iterator[str]:
    shape = 'viewBox="0 0 10 10" refX="2" refY="5" markerWidth="9" markerHeight="9" orient="auto"'
    yield "<defs>"
    for owner in EdgeOwner:
        path = f'<path d="M0,1 L9,5 L0,9 z" fill="{edge_color(owner)}"/>'
        yield f'<marker id="{owner}" {shape} markerUnits="userSpaceOnUse">{path}</marker>'
    yield "</defs>"


def _legend(y: float) -> Iterator[str]:
    meanings: Mapping[str, tuple[EdgeOwner, str]] = {
        "batch": (EdgeOwner.BATCH, "AWS Batch"),
        "n-to-n": (EdgeOwner.BATCH, "AWS Batch, child by child"),
        "airflow": (EdgeOwner.AIRFLOW, "Airflow"),
        "implied": (EdgeOwner.IMPLIED, "implied by others"),
    }
    x = _MARGIN
    for kind, (owner, meaning) in meanings.items():
        line = f'd="M{x:.0f},{y:.0f} h34" stroke="{edge_color(owner)}"'
        yield f'<path class="edge {kind}" {line}/>'
        yield f'<text class="legend" x="{x + 42:.0f}" y="{y + 4:.0f}">{meaning}</text>'
        x += 42 + len(meaning) * _NOTE_WIDTH + 24
