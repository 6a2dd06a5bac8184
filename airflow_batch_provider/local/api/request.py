"""What every operation gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_batch_provider.local.region import Region


@dataclass(frozen=True, slots=True)
class Rules:
    """
    Limits of AWS that tests may loosen.

    :param min_timeout_seconds: least ``attemptDurationSeconds``.
    """

    min_timeout_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Request:
    """
    A call of one operation, its input already checked against the service model.

    :param size: length of the body in bytes.
    """

    region: Region
    now: int
    params: Mapping[str, Any]
    size: int
    rules: Rules


Operation = Callable[[Request], dict[str, Any]]
