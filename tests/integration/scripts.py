"""Container overrides with scripts for the script runner."""

from __future__ import annotations

import json


def scripted(*scripts: dict[str, object]) -> dict[str, object]:
    """Return container overrides that make a job play scripts."""
    return {"environment": [{"name": "LOCAL_BATCH_SCRIPT", "value": json.dumps(scripts)}]}


FOREVER = scripted({"duration_seconds": 10**6})
