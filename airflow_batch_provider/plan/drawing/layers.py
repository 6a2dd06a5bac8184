"""Where the nodes of a graph stand: in layers from left to right, with few crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A place in a layer: of a node, or of an edge that passes by on its way to a later layer.

    :param owner: the node's key, or the edge as a pair of keys.
    """

    owner: str | tuple[str, str]
    layer: int


class Layers:
    """
    The layers of an acyclic graph.

    :param upstream: for each node, in topological order, those that stand before it.
    :ivar slots: the places of each layer, from top to bottom.
    :ivar ways: for each edge, the places on its way, its two nodes included.
    """

    def __init__(self, upstream: Mapping[str, Sequence[str]]) -> None:
        layer_of: dict[str, int] = {}
        for key, others in upstream.items():
            layer_of[key] = 1 + max((layer_of[other] for other in others), default=-1)
        self.slots: list[list[Slot]] = [[] for _ in range(1 + max(layer_of.values(), default=-1))]
        nodes = {key: Slot(key, layer) for key, layer in layer_of.items()}
        for slot in nodes.values():
            self.slots[slot.layer].append(slot)
        self.ways: dict[tuple[str, str], list[Slot]] = {}
        for key, others in upstream.items():
            for other in others:
                between = [Slot((other, key), layer) for layer in range(layer_of[other] + 1, layer_of[key])]
                for slot in between:
                    self.slots[slot.layer].append(slot)
                self.ways[other, key] = [nodes[other], *between, nodes[key]]
        self._before, self._after = self._neighbours()
        self._reduce_crossings()

    def heights(self, spacing: Mapping[bool, float]) -> dict[Slot, float]:
        """
        Say how far down each slot's middle stands.

        :param spacing: what a slot takes of a layer's height: True for a node, False for an edge.
        """
        heights: dict[Slot, float] = {}
        for layer in self.slots:
            y = 0.0
            for slot in layer:
                y += spacing[_is_node(slot)] / 2
                heights[slot] = y
                y += spacing[_is_node(slot)] / 2
        for sweep in range(_SWEEPS):
            forwards = sweep % 2 == 0
            neighbours = self._before if forwards else self._after
            for layer in self.slots if forwards else reversed(self.slots):
                self._straighten(layer, heights, neighbours, spacing)
        top = min((heights[slot] - spacing[_is_node(slot)] / 2 for slot in heights), default=0.0)
        return {slot: height - top for slot, height in heights.items()}

    def _straighten(
        self,
        layer: list[Slot],
        heights: dict[Slot, float],
        neighbours: Mapping[Slot, list[Slot]],
        spacing: Mapping[bool, float],
    ) -> None:
        """Move the slots of a layer towards their neighbours, without a change of their order."""
        wanted = [
            sum(heights[other] for other in neighbours[slot]) / len(neighbours[slot])
            if neighbours[slot]
            else heights[slot]
            for slot in layer
        ]
        down, up = list(wanted), list(wanted)
        for place in range(1, len(layer)):
            down[place] = max(down[place], down[place - 1] + _distance(layer, place, spacing))
        for place in range(len(layer) - 2, -1, -1):
            up[place] = min(up[place], up[place + 1] - _distance(layer, place + 1, spacing))
        for place, slot in enumerate(layer):  # the mean of two placements that keep all distances keeps them
            heights[slot] = (down[place] + up[place]) / 2

    def _neighbours(self) -> tuple[dict[Slot, list[Slot]], dict[Slot, list[Slot]]]:
        before: dict[Slot, list[Slot]] = {slot: [] for layer in self.slots for slot in layer}
        after: dict[Slot, list[Slot]] = {slot: [] for layer in self.slots for slot in layer}
        for way in self.ways.values():
            for left, right in pairwise(way):
                after[left].append(right)
                before[right].append(left)
        return before, after

    def _reduce_crossings(self) -> None:
        """Order each layer by the mean place of the neighbours, forwards and backwards in turn."""
        for sweep in range(_SWEEPS):
            forwards = sweep % 2 == 0
            neighbours = self._before if forwards else self._after
            for layer in self.slots if forwards else reversed(self.slots):
                place_of = {slot: place for one in self.slots for place, slot in enumerate(one)}
                layer.sort(key=lambda slot: _mean_place(slot, neighbours[slot], place_of))


def _mean_place(slot: Slot, neighbours: Sequence[Slot], place_of: Mapping[Slot, int]) -> float:
    if not neighbours:
        return place_of[slot]
    return sum(place_of[other] for other in neighbours) / len(neighbours)


def _distance(layer: Sequence[Slot], place: int, spacing: Mapping[bool, float]) -> float:
    return (spacing[_is_node(layer[place - 1])] + spacing[_is_node(layer[place])]) / 2


def _is_node(slot: Slot) -> bool:
    return isinstance(slot.owner, str)
