"""The colours of all pictures."""

from __future__ import annotations

from typing import Final

from airflow_batch_provider.plan.model import EdgeOwner

BATCH: Final = "#d9730d"
AIRFLOW: Final = "#0b74d1"
IMPLIED: Final = "#a0a6ad"


def colour_of(owner: EdgeOwner) -> str:
    """Tell the colour of an edge by its owner."""
    return {EdgeOwner.BATCH: BATCH, EdgeOwner.AIRFLOW: AIRFLOW, EdgeOwner.IMPLIED: IMPLIED}[owner]
