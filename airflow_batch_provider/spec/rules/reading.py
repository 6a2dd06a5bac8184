"""E1xx, E2xx: the rules for reading a spec. They are checked before the rules of a workflow."""

from __future__ import annotations

from typing import Final

READING_RULES: Final[dict[str, str]] = {
    "E101": "A file is a UTF-8 encoded YAML or JSON mapping with at most 100 levels of nesting.",
    "E102": "A mapping has no duplicate keys.",
    "E103": "A file expands to at most 500,000 values, aliases included.",
    "E104": "A file has at most 4 MiB.",
    "E105": "`extends` names existing files that do not extend each other in a cycle.",
    "E106": "`${{ name }}` refers to a variable, to the `item` of `for_each`, or to a name in `matrix`.",
    "E107": "`for_each` is a list, `matrix` is a mapping of lists, and both expand to unique job keys.",
    "E108": "An unquoted value in the form of a date or a number is a valid date or number.",
    "E109": "A string does not contain the character U+0000.",
    "E201": "A value has the type that its key requires; members in full match AWS's service model.",
    "E202": "A mapping has only known keys.",
    "E203": "A mapping has all required keys.",
}
"""The summaries by id. `docs/rules.md` shows them."""
