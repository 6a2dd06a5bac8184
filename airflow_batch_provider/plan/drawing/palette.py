"""The colors of all output formats."""

from __future__ import annotations

from typing import Final

from airflow_batch_provider.plan.model import EdgeOwner

BATCH: Final = "#d9730d"
AIRFLOW: Final = "#0b74d1"
IMPLIED: Final = "#a0a6ad"


def edge_color(owner: EdgeOwner) -> str:
    """Return the color of an edge by its owner."""
    return {EdgeOwner.BATCH: BATCH, EdgeOwner.AIRFLOW: AIRFLOW, EdgeOwner.IMPLIED: IMPLIED}[owner]
