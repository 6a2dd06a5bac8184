"""Which dependencies follow from others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airflow_batch_provider.plan.expansion import Member, Upstream
from airflow_batch_provider.spec.models import DependencyType, TriggerRule


@dataclass(frozen=True, slots=True)
class _Consequences:
    """
    What must have succeeded before something could, as sets of members (one bit each).

    :param of_all: when the whole member has succeeded.
    :param of_child: when one child of it has: these have succeeded as a whole.
    :param child_of_child: when one child of it has: the same child of these has succeeded.
    """

    of_all: int = 0
    of_child: int = 0
    child_of_child: int = 0


class Implications:
    """
    Knows of every member what its success implies.

    :param members: in an order in which each comes after those that it depends on.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._bits = {member.key: 1 << place for place, member in enumerate(members)}
        self._consequences: dict[str, _Consequences] = {}
        for member in members:
            self._consequences[member.key] = self._consequences_of(member)

    def implied(self, upstream: Iterable[Upstream]) -> set[Upstream]:
        """Find those dependencies of one member that its other dependencies imply."""
        of_all = of_child = 0
        for _, each, known in self._known(upstream):
            of_all |= known.of_child if _is_child_wise(each) else known.of_all
            of_child |= known.child_of_child if _is_child_wise(each) else 0
        return {
            each
            for bit, each, _ in self._known(upstream)
            if bit & (of_all | of_child if _is_child_wise(each) else of_all)
        }

    def _consequences_of(self, member: Member) -> _Consequences:
        if member.trigger_rule is not TriggerRule.ALL_SUCCESS:  # it may succeed although one before it failed
            return _Consequences()
        of_all = of_child = child_of_child = 0
        for bit, each, known in self._known(member.upstream):
            of_all |= bit | known.of_all
            if _is_child_wise(each):
                of_child |= known.of_child
                child_of_child |= bit | known.child_of_child
            else:
                of_child |= bit | known.of_all
        return _Consequences(of_all, of_child, child_of_child)

    def _known(self, upstream: Iterable[Upstream]) -> list[tuple[int, Upstream, _Consequences]]:
        return [
            (self._bits[each.key], each, self._consequences[each.key])
            for each in upstream
            if each.key is not None
        ]


def _is_child_wise(upstream: Upstream) -> bool:
    return upstream.type is DependencyType.N_TO_N
