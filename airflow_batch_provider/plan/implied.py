"""
Find the dependencies that other dependencies imply: a transitive reduction.

In a DAG, an edge is redundant exactly if a longer path connects its ends (A. V. Aho, M. R. Garey and
J. D. Ullman, "The Transitive Reduction of a Directed Graph", SIAM Journal on Computing 1, 1972).
Instead of searching for paths, each member keeps the set of everything that its success guarantees,
as a bit set, built from its upstream members in topological order. There are two kinds of guarantees,
because an ``N_TO_N`` dependency orders only children with the same index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_batch_provider.spec.models import DependencyType, TriggerRule

if TYPE_CHECKING:
    from airflow_batch_provider.plan.expansion import Member, Upstream


@dataclass(frozen=True, slots=True)
class _Guarantees:
    """
    The members that have succeeded when a member, or a child of it, has; bit sets with one bit per member.

    :param by_all: if the whole member has succeeded: these members have.
    :param by_child: if one child has succeeded: these members have, as a whole.
    :param by_same_child: if one child has succeeded: the child with the same index of these members has.
    """

    by_all: int = 0
    by_child: int = 0
    by_same_child: int = 0


class Implications:
    """
    Know for every member what its success guarantees.

    :param members: in topological order: each member after those that it depends on.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._bits = {member.key: 1 << position for position, member in enumerate(members)}
        self._guarantees: dict[str, _Guarantees] = {}
        for member in members:
            self._guarantees[member.key] = self._guarantees_of(member)

    def implied(self, upstream: Iterable[Upstream]) -> set[Upstream]:
        """Return the dependencies of one member that its other dependencies imply."""
        # A whole dependency is implied if another one guarantees the whole member; an N_TO_N dependency also
        # if another one guarantees the child with the same index.
        by_all = by_child = 0
        for _, each, guarantees in self._lookup(upstream):
            by_all |= guarantees.by_child if _is_n_to_n(each) else guarantees.by_all
            by_child |= guarantees.by_same_child if _is_n_to_n(each) else 0
        return {
            each
            for bit, each, _ in self._lookup(upstream)
            if bit & (by_all | by_child if _is_n_to_n(each) else by_all)
        }

    def _guarantees_of(self, member: Member) -> _Guarantees:
        if member.trigger_rule != TriggerRule.ALL_SUCCESS:  # it can succeed after an upstream failure
            return _Guarantees()
        by_all = by_child = by_same_child = 0
        for bit, each, guarantees in self._lookup(member.upstream):
            # All children of the member have succeeded: so have all children of an N_TO_N dependency.
            by_all |= bit | guarantees.by_all
            if _is_n_to_n(each):
                by_child |= guarantees.by_child
                by_same_child |= bit | guarantees.by_same_child
            else:
                by_child |= bit | guarantees.by_all
        return _Guarantees(by_all, by_child, by_same_child)

    def _lookup(self, upstream: Iterable[Upstream]) -> list[tuple[int, Upstream, _Guarantees]]:
        return [
            (self._bits[each.key], each, self._guarantees[each.key])
            for each in upstream
            if each.key is not None
        ]


def _is_n_to_n(upstream: Upstream) -> bool:
    return upstream.type is DependencyType.N_TO_N
