"""The rules of EventBridge's default bus that can match AWS Batch events."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.local.events.envelope import envelope
from airflow_batch_provider.local.events.pattern import Filter, PatternError, compile_pattern, restrict

if TYPE_CHECKING:
    from airflow_batch_provider.local.arn import Location

log = logging.getLogger(__name__)

MODULE: Final = "moto.events.models"
"""moto's module with the rules. It is not imported here: until a client uses EventBridge, no rules exist."""

Target = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    An enabled rule with a pattern.

    :param targets: moto's own list, so that later PutTargets calls take effect.
    """

    name: str
    pattern: Mapping[str, Any]
    matches: Filter
    targets: Sequence[Target]


class Rules:
    """
    The compiled rules of one Region, so that most transitions are ruled out without building an event.

    Rules are compiled again only when they have changed in moto. The rules that can match are cached for each
    kind of event, job queue and status.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._compiled: list[tuple[Any, str]] = []
        self._rules: tuple[Rule, ...] = ()
        self._candidates: dict[tuple[str, str, str], tuple[Rule, ...]] = {}

    def candidates(self, detail_type: str, queue_arn: str, status: str) -> tuple[Rule, ...]:
        """Return the rules that may match an event of this kind for a job of this queue and status."""
        if not self._refresh():
            return ()
        key = detail_type, queue_arn, status
        if key not in self._candidates:
            known = envelope(self._location, detail_type, {"jobQueue": queue_arn, "status": status})
            self._candidates[key] = tuple(rule for rule in self._rules if _may_match(rule, known))
        return self._candidates[key]

    def _refresh(self) -> bool:
        """Compile the rules if they have changed; return whether there are any."""
        current = _rules_in_moto(self._location)
        if not current and not self._compiled:
            return False
        versions = [(rule, rule.state) for rule in current]
        if versions != self._compiled:
            self._compiled = versions
            self._candidates.clear()
            self._rules = tuple(read for rule in current if (read := _compile(rule)) is not None)
        return bool(self._rules)


def _rules_in_moto(location: Location) -> Sequence[Any]:
    backends = getattr(sys.modules.get(MODULE), "events_backends", None)
    if backends is None:
        return ()
    return tuple(backends[location.account_id][location.region].event_buses["default"].rules.values())


def _compile(rule: Any) -> Rule | None:
    if rule.state == "DISABLED" or not rule.event_pattern.dump():
        return None
    try:
        pattern = json.loads(rule.event_pattern.dump())
        return Rule(rule.name, pattern, compile_pattern(pattern), rule.targets)
    except (PatternError, ValueError) as error:
        log.warning("EventBridge rule %s is ignored, because its pattern is invalid: %s", rule.name, error)
        return None


def _may_match(rule: Rule, known: Mapping[str, Any]) -> bool:
    return compile_pattern(restrict(rule.pattern, known))(known)
