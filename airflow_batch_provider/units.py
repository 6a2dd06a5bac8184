"""Durations and sizes as authors write them, in the units that AWS Batch takes."""

from __future__ import annotations

import re
from typing import Final

_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(MiB|GiB|MB|GB)?")
_MIB_PER_UNIT: Final = {"MiB": 1, "GiB": 1024, "MB": 1000**2 / 1024**2, "GB": 1000**3 / 1024**2}


def seconds(text: str | int) -> int:
    """
    Read a duration: whole seconds (``90``), or ``2h``, ``1h30m``, ``45s``, ``1d``.

    :raises ValueError: the text is neither.
    """
    written = str(text).strip()
    if written.isdecimal():
        return int(written)
    match = _DURATION.fullmatch(written)
    if not written or match is None:
        raise ValueError(f"{text!r} is not a duration; write seconds or something like '90s', '30m', '1h30m'")
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def mebibytes(text: str | int) -> int:
    """
    Read an amount of memory in MiB: a bare number is MiB; ``512MiB``, ``2GiB``, ``2GB`` are read as such.

    An amount that is not a whole number of MiB is rounded up.

    :raises ValueError: the text is no amount of memory.
    """
    match = _MEMORY.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not an amount of memory; write MiB or something like '512MiB', '2GiB'")
    amount, unit = match.groups()
    exact = float(amount) * _MIB_PER_UNIT[unit or "MiB"]
    return int(exact) if exact == int(exact) else int(exact) + 1
