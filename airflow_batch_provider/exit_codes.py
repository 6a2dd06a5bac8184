"""Map a job's exit code to the outcome of its task: fail, retry, skip or succeed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_CODES: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_CODE_MAX: Final = 255


class ExitAction(StrEnum):
    """The outcome of a job's task. If the children of an array job differ, the first in this order wins."""

    FAIL = "fail"
    """The task fails without using an Airflow retry."""
    RETRY = "retry"
    """The task fails and is retried while Airflow has retries left."""
    SKIP = "skip"
    """The task is skipped."""
    SUCCEED = "succeed"
    """The task succeeds although the job failed."""


@dataclass(frozen=True, slots=True)
class ExitCodeActions:
    """
    Actions by exit code.

    They apply to the last attempt, after AWS Batch has used its own. They apply only to containers
    that exited on their own, not to containers that were terminated or timed out.
    """

    actions: Mapping[int, ExitAction]

    @classmethod
    def parse(cls, actions_by_code: Mapping[Any, Any] | None) -> ExitCodeActions:
        """
        Parse a mapping such as ``{3: "skip", "64-78": "fail"}``; a later entry overrides an earlier one.

        :raises ValueError: a key is not a failure exit code, or a value is not an action.
        """
        actions: dict[int, ExitAction] = {}
        for codes, action in (actions_by_code or {}).items():
            for code in parse_exit_codes(codes):
                actions[code] = _parse_action(codes, action)
        return cls(actions)

    def action_for(self, exit_codes: Iterable[int | None]) -> ExitAction | None:
        """
        Return the action for the exit code of a failed job, or for those of its failed children.

        Return None if an exit code has no action, unless another one has the action to fail.
        """
        found = [self.actions.get(code) if code is not None else None for code in exit_codes]
        if ExitAction.FAIL in found:
            return ExitAction.FAIL
        if not found or None in found:
            return None
        return next(action for action in ExitAction if action in found)


def parse_exit_codes(value: Any) -> range:
    """
    Parse an exit code (``3``) or a range of them (``64-78``).

    :raises ValueError: the value is neither, or contains 0.
    """
    match = _CODES.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (-1, -1)
    if not 1 <= first <= last <= _CODE_MAX:
        raise ValueError(
            f"{value!r} is not a failure exit code; use 1 to {_CODE_MAX}, or a range such as '64-78'"
        )
    return range(first, last + 1)


def _parse_action(codes: Any, value: Any) -> ExitAction:
    try:
        return ExitAction(value)
    except ValueError:
        *others, last = ExitAction
        raise ValueError(
            f"{value!r} is not an action for exit code {codes}; use {', '.join(others)} or {last}"
        ) from None
