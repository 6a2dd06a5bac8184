"""Convert durations and amounts of memory, as authors write them, to AWS Batch's units: seconds and MiB."""

from __future__ import annotations

import re
from typing import Final

_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(MiB|GiB)?")
_OTHER_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([MG])(?:i|b|ib)?", re.IGNORECASE)
_MIB_PER_UNIT: Final = {"MiB": 1, "GiB": 1024}


def seconds(text: str | int) -> int:
    """
    Convert a duration to seconds: a whole number of seconds (``90``), or ``2h``, ``1h30m``, ``45s``, ``1d``.

    :raises ValueError: the text is not a duration.
    """
    stripped = str(text).strip()
    if stripped.isdecimal():
        return int(stripped)
    match = _DURATION.fullmatch(stripped)
    if not stripped or match is None:
        raise ValueError(
            f"{text!r} is not a duration; write seconds or a value such as '90s', '30m' or '1h30m'"
        )
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def mebibytes(text: str | int) -> int:
    """
    Convert an amount of memory to MiB. A plain number is in MiB; ``512MiB`` and ``2GiB`` have a unit.

    Round up to the next whole MiB. ``512MB`` is rejected: it would be 489 MiB, which is rarely meant.

    :raises ValueError: the text is not an amount of memory.
    """
    match = _MEMORY.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not an amount of memory; {_memory_remedy(str(text).strip())}")
    amount, unit = match.groups()
    exact = float(amount) * _MIB_PER_UNIT[unit or "MiB"]
    return int(exact) if exact == int(exact) else int(exact) + 1


def _memory_remedy(text: str) -> str:
    if other := _OTHER_MEMORY.fullmatch(text):
        return f"AWS Batch counts in MiB, so write '{other[1]}{other[2].upper()}iB'"
    return "write MiB or a value such as '512MiB' or '2GiB'"
