"""What an author wants done about a job's exit code: fail, retry, skip or succeed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_CODES: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_CODE_MAX: Final = 255


class ExitAction(StrEnum):
    """What the job's task does; those further up win where an array job's children differ."""

    FAIL = "fail"
    """It fails, and no Airflow retry is spent."""
    RETRY = "retry"
    """It fails, and is tried again while Airflow has retries left."""
    SKIP = "skip"
    """It is skipped."""
    SUCCEED = "succeed"
    """It succeeds all the same."""


@dataclass(frozen=True, slots=True)
class ExitCodeActions:
    """
    Actions by exit code.

    AWS Batch has made its own attempts first: these rules are for the last one. They count only
    for containers that ended by themselves, not for those that were terminated or took too long.
    """

    actions: Mapping[int, ExitAction]

    @classmethod
    def parse(cls, written: Mapping[Any, Any] | None) -> ExitCodeActions:
        """
        Read rules such as ``{3: "skip", "64-78": "fail"}``.

        :raises ValueError: an exit code or an action is none; the text names it.
        """
        actions: dict[int, ExitAction] = {}
        for codes, action in (written or {}).items():
            for code in _codes(codes):
                actions[code] = _action(codes, action)
        return cls(actions)

    def action_for(self, exit_codes: Iterable[int | None]) -> ExitAction | None:
        """
        Choose what to do about a job that failed with this exit code, or its children with these.

        None where the rules do not say: for at least one of them there is no rule and none of the
        others is a reason to fail.
        """
        found = [self.actions.get(code) if code is not None else None for code in exit_codes]
        if ExitAction.FAIL in found:
            return ExitAction.FAIL
        if not found or None in found:
            return None
        return next(action for action in ExitAction if action in found)


def _codes(written: Any) -> range:
    match = _CODES.fullmatch(str(written).strip()) if not isinstance(written, bool) else None
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (-1, -1)
    if not 1 <= first <= last <= _CODE_MAX:
        raise ValueError(f"{written!r} is no exit code of a failure; write 1 to {_CODE_MAX}, or '64-78'")
    return range(first, last + 1)


def _action(codes: Any, written: Any) -> ExitAction:
    try:
        return ExitAction(written)
    except ValueError:
        choices = ", ".join(ExitAction)
        raise ValueError(f"{written!r} for exit code {codes} is none of {choices}") from None
