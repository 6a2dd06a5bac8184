"""Changes of resources for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from airflow_batch_provider.plan.resources import DesiredResource
from airflow_batch_provider.resources.changes import Action, Change
from airflow_batch_provider.resources.difference import Difference, differences

_WORDS: Final = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.REGISTER: "to register as a new revision",
    Action.REPLACE: "would have to be replaced",
    Action.REFUSE: "differs, and was not made by this spec",
}


def changes_as_text(changes: Sequence[Change]) -> str:
    """Write what differs, member by member, and how many resources are as the spec wants them."""
    lines = [line for change in changes if change.is_change for line in _lines(change)]
    kept = sum(not change.is_change for change in changes)
    if kept or not lines:
        lines.append(f"no change: {kept} of {len(changes)} resources are as the spec wants them")
    return "\n".join(lines)


def _lines(change: Change) -> Iterator[str]:
    yield f"{change.desired}: {_WORDS[change.action]}"
    if change.action is Action.CREATE:
        yield from (f"  + {each.name}: {_shown(each.after)}" for each in _leaves(change.desired))
        return
    for difference in (*change.differences, *change.tags):
        mark = "!" if difference in change.irreplaceable else "~"
        yield f"  {mark} {difference.name}: {_shown(difference.before)} → {_shown(difference.after)}"


def _leaves(desired: DesiredResource) -> list[Difference]:
    """List what is written, down to the members of members."""
    empty: dict[str, Any] = {name: {} for name, value in desired.request.items() if isinstance(value, dict)}
    return differences(desired.request, empty)


def _shown(value: Any) -> str:
    return "(not set)" if value is None else json.dumps(value, ensure_ascii=False)
