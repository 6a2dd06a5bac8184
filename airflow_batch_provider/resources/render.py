"""Format the changes of resources as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.resources.changes import Action, Change
from airflow_batch_provider.resources.difference import Difference, compare_members

if TYPE_CHECKING:
    from airflow_batch_provider.plan.resources import DesiredResource

_ACTION_TEXTS: Final = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated",
    Action.REGISTER: "a new revision will be registered",
    Action.REPLACE: "must be replaced; AWS Batch cannot update it in place",
    Action.REFUSE: "differs, but this spec does not own it",
}


def changes_as_text(changes: Sequence[Change]) -> str:
    """Return the differences, member by member, and the number of unchanged resources."""
    lines = [line for change in changes if change.is_change for line in _lines(change)]
    kept = sum(not change.is_change for change in changes)
    if kept or not lines:
        lines.append(f"{kept} of {len(changes)} resources match the spec")
    return "\n".join(lines)


def _lines(change: Change) -> Iterator[str]:
    yield f"{change.desired}: {_ACTION_TEXTS[change.action]}"
    if change.action is Action.CREATE:
        yield from (f"  + {each.name}: {_format_value(each.after)}" for each in _leaves(change.desired))
        return
    for difference in (*change.differences, *change.tags):
        mark = "!" if difference in change.immutable else "~"
        before, after = _format_value(difference.before), _format_value(difference.after)
        yield f"  {mark} {difference.name}: {before} → {after}"


def _leaves(desired: DesiredResource) -> list[Difference]:
    """Return all members that the spec sets, with the members of nested objects."""
    empty: dict[str, Any] = {name: {} for name, value in desired.request.items() if isinstance(value, dict)}
    return compare_members(desired.request, empty)


def _format_value(value: Any) -> str:
    return "(not set)" if value is None else json.dumps(value, ensure_ascii=False)
