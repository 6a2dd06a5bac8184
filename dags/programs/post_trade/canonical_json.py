"""JSON documents whose bytes depend on their content alone."""

import json
from collections.abc import Mapping


def canonical_json(document: Mapping[str, object]) -> str:
    """Write a document with sorted keys and fixed layout."""
    return json.dumps(document, sort_keys=True, indent=2, allow_nan=False) + "\n"


def rounded(value: float, places: int) -> float:
    """Round, and turn a negative zero into the ordinary one."""
    return round(value, places) + 0.0
