"""JSON documents whose bytes depend only on their content."""

import json
from collections.abc import Mapping


def canonical_json(document: Mapping[str, object]) -> str:
    """Return a document as JSON with sorted keys and a fixed layout."""
    return json.dumps(document, sort_keys=True, indent=2, allow_nan=False) + "\n"


def rounded(value: float, places: int) -> float:
    """Round a value, and replace negative zero by zero."""
    return round(value, places) + 0.0
