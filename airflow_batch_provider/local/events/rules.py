"""The rules of EventBridge's default bus, as far as events of AWS Batch go."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow_batch_provider.local.arn import Place
from airflow_batch_provider.local.events.envelope import envelope
from airflow_batch_provider.local.events.pattern import Filter, PatternError, compile_pattern, restrict

log = logging.getLogger(__name__)

MODULE: Final = "moto.events.models"
"""Where moto keeps rules. Not imported here: where nobody has asked for EventBridge, there are none."""

Target = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    An enabled rule with a pattern.

    :param targets: moto's own list, so that later PutTargets count.
    """

    name: str
    pattern: Mapping[str, Any]
    matches: Filter
    targets: Sequence[Target]


class Rules:
    """
    Knows at once, for most changes of a job, that no rule asks for them.

    Rules are read anew only when moto has others than before. For each job queue and status it is
    remembered which rules can match at all, judged by what is known without building an event.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._seen: list[tuple[Any, str]] = []
        self._rules: tuple[Rule, ...] = ()
        self._candidates: dict[tuple[str, str, str], tuple[Rule, ...]] = {}

    def candidates(self, detail_type: str, queue_arn: str, status: str) -> tuple[Rule, ...]:
        """Return the rules that may match an event of this kind, of a job of this queue and status."""
        if not self._refresh():
            return ()
        key = detail_type, queue_arn, status
        if key not in self._candidates:
            known = envelope(self._place, detail_type, {"jobQueue": queue_arn, "status": status})
            self._candidates[key] = tuple(rule for rule in self._rules if _may_match(rule, known))
        return self._candidates[key]

    def _refresh(self) -> bool:
        """Read the rules if they have changed; tell whether there are any."""
        kept = _rules_in_moto(self._place)
        if not kept and not self._seen:
            return False
        seen = [(rule, rule.state) for rule in kept]
        if seen != self._seen:
            self._seen = seen
            self._candidates.clear()
            self._rules = tuple(read for rule in kept if (read := _read(rule)) is not None)
        return bool(self._rules)


def _rules_in_moto(place: Place) -> Sequence[Any]:
    backends = getattr(sys.modules.get(MODULE), "events_backends", None)
    if backends is None:
        return ()
    return tuple(backends[place.account_id][place.region].event_buses["default"].rules.values())


def _read(rule: Any) -> Rule | None:
    if rule.state == "DISABLED" or not rule.event_pattern.dump():
        return None
    try:
        pattern = json.loads(rule.event_pattern.dump())
        return Rule(rule.name, pattern, compile_pattern(pattern), rule.targets)
    except (PatternError, ValueError) as error:
        log.warning("EventBridge rule %s matches nothing: %s", rule.name, error)
        return None


def _may_match(rule: Rule, known: Mapping[str, Any]) -> bool:
    return compile_pattern(restrict(rule.pattern, known))(known)
