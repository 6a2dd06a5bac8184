"""
Place the nodes of an acyclic graph in layers from left to right, with few edge crossings.

This is layered graph drawing (K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of
Hierarchical System Structures", IEEE Transactions on Systems, Man, and Cybernetics 11, 1981), in three
steps:

1. Longest-path layering: a node's layer is the length of the longest path that leads to it. An edge
   that skips layers gets a placeholder slot in each of them.
2. Crossing reduction with the barycenter heuristic: sort each layer by the mean position of the slots'
   neighbors in the previous layer, sweeping forwards and backwards.
3. Vertical placement: move each slot towards the mean height of its neighbors, in the same sweeps,
   without changing the order or going below the minimum distances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A position in a layer: a node, or the placeholder of an edge that passes through the layer.

    :param owner: the node's key, or the edge as a pair of keys.
    """

    owner: str | tuple[str, str]
    layer: int


class Layers:
    """
    The layers of an acyclic graph.

    :param upstream: the upstream nodes of each node; the nodes in topological order.
    :ivar slots: the slots of each layer, from top to bottom.
    :ivar routes: the slots on the route of each edge, from its first node to its second.
    """

    def __init__(self, upstream: Mapping[str, Sequence[str]]) -> None:
        layer_of: dict[str, int] = {}
        for key, others in upstream.items():
            layer_of[key] = 1 + max((layer_of[other] for other in others), default=-1)
        self.slots: list[list[Slot]] = [[] for _ in range(1 + max(layer_of.values(), default=-1))]
        nodes = {key: Slot(key, layer) for key, layer in layer_of.items()}
        for slot in nodes.values():
            self.slots[slot.layer].append(slot)
        self.routes: dict[tuple[str, str], list[Slot]] = {}
        for key, others in upstream.items():
            for other in others:
                between = [Slot((other, key), layer) for layer in range(layer_of[other] + 1, layer_of[key])]
                for slot in between:
                    self.slots[slot.layer].append(slot)
                self.routes[other, key] = [nodes[other], *between, nodes[key]]
        self._previous, self._next = self._neighbors()
        self._reduce_crossings()

    def heights(self, spacing: Mapping[bool, float]) -> dict[Slot, float]:
        """
        Return the distance of each slot's center from the top.

        :param spacing: the height that a slot occupies: True for a node, False for an edge.
        """
        heights: dict[Slot, float] = {}
        for layer in self.slots:
            y = 0.0
            for slot in layer:
                y += spacing[_is_node(slot)] / 2
                heights[slot] = y
                y += spacing[_is_node(slot)] / 2
        for sweep in range(_SWEEPS):
            is_forward = sweep % 2 == 0
            neighbors = self._previous if is_forward else self._next
            for layer in self.slots if is_forward else reversed(self.slots):
                self._straighten(layer, heights, neighbors, spacing)
        top = min((heights[slot] - spacing[_is_node(slot)] / 2 for slot in heights), default=0.0)
        return {slot: height - top for slot, height in heights.items()}

    def _straighten(
        self,
        layer: list[Slot],
        heights: dict[Slot, float],
        neighbors: Mapping[Slot, list[Slot]],
        spacing: Mapping[bool, float],
    ) -> None:
        """Move the slots of a layer towards their neighbors without changing their order."""
        ideal = [
            sum(heights[other] for other in neighbors[slot]) / len(neighbors[slot])
            if neighbors[slot]
            else heights[slot]
            for slot in layer
        ]
        # Enforce the minimum distances in both directions:
        # `down` only moves slots down, `up` only moves them up.
        down, up = list(ideal), list(ideal)
        for position in range(1, len(layer)):
            down[position] = max(down[position], down[position - 1] + _distance(layer, position, spacing))
        for position in range(len(layer) - 2, -1, -1):
            up[position] = min(up[position], up[position + 1] - _distance(layer, position + 1, spacing))
        for position, slot in enumerate(layer):  # the mean keeps the distances, since both do
            heights[slot] = (down[position] + up[position]) / 2

    def _neighbors(self) -> tuple[dict[Slot, list[Slot]], dict[Slot, list[Slot]]]:
        previous: dict[Slot, list[Slot]] = {slot: [] for layer in self.slots for slot in layer}
        following: dict[Slot, list[Slot]] = {slot: [] for layer in self.slots for slot in layer}
        for route in self.routes.values():
            for left, right in pairwise(route):
                following[left].append(right)
                previous[right].append(left)
        return previous, following

    def _reduce_crossings(self) -> None:
        """Sort each layer by the mean position of the neighbors, forwards and backwards in turn."""
        for sweep in range(_SWEEPS):
            is_forward = sweep % 2 == 0
            neighbors = self._previous if is_forward else self._next
            for layer in self.slots if is_forward else reversed(self.slots):
                position_of = {slot: position for one in self.slots for position, slot in enumerate(one)}
                layer.sort(key=lambda slot: _mean_position(slot, neighbors[slot], position_of))


def _mean_position(slot: Slot, neighbors: Sequence[Slot], position_of: Mapping[Slot, int]) -> float:
    if not neighbors:
        return position_of[slot]
    return sum(position_of[other] for other in neighbors) / len(neighbors)


def _distance(layer: Sequence[Slot], position: int, spacing: Mapping[bool, float]) -> float:
    return (spacing[_is_node(layer[position - 1])] + spacing[_is_node(layer[position])]) / 2


def _is_node(slot: Slot) -> bool:
    return isinstance(slot.owner, str)
