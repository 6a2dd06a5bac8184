"""
EventBridge's event patterns, compiled to predicates.

moto has a matcher too (``moto.events.models.EventPattern``, checked with 5.2.5). It is not used, because it
differs from EventBridge where AWS Batch's events need it: it does not search arrays of objects, such as
``detail.attempts`` and ``detail.container.environment``; it treats ``true`` as equal to 1; it accepts invalid
filters, which then fail or match nothing when an event arrives. It also converts each event to JSON and back,
at a cost that a rule for every status change of 10,000 children would pay for each of them.
See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import eq, ge, gt, le, lt
from typing import Any, Final

ABSENT: Final = object()
"""Passed to a filter if the event lacks the member."""

OR: Final = "$or"
COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}

Filter = Callable[[Any], bool]


class PatternError(ValueError):
    """A pattern that EventBridge rejects, or that uses an unsupported operator."""


def compile_pattern(pattern: Any) -> Filter:
    """
    Compile a pattern to a predicate on events, which are parsed JSON.

    An array in an event matches if one of its elements does, as in EventBridge.

    :raises PatternError: if the pattern is invalid or uses ``cidr``.
    """
    if not isinstance(pattern, Mapping):
        raise PatternError(f"an event pattern must be an object, not {pattern!r}")
    conditions = [_condition(name, wanted) for name, wanted in pattern.items()]
    return lambda event: any(
        isinstance(each, Mapping) and all(holds(each) for holds in conditions) for each in _elements(event)
    )


def restrict(pattern: Any, known: Mapping[str, Any]) -> Any:
    """
    Remove the conditions on members that are not in ``known``.

    The result is a necessary condition for the whole pattern: an event that does not meet it cannot match.
    It is evaluated before the rest of the event is built.
    """
    if not isinstance(pattern, Mapping):
        return pattern
    return {
        name: restrict(wanted, known[name]) if isinstance(known[name], Mapping) else wanted
        for name, wanted in pattern.items()
        if name in known
    }


def _condition(name: str, wanted: Any) -> Filter:
    if name == OR:
        alternatives = [compile_pattern(each) for each in _list(wanted, OR)]
        return lambda event: any(matches(event) for matches in alternatives)
    if isinstance(wanted, Mapping):
        nested = compile_pattern(wanted)
        return lambda event: nested(event.get(name, {}))
    filters = [_filter(each) for each in _list(wanted, name)]
    return lambda event: any(
        matches(value) for value in _elements(event.get(name, ABSENT)) for matches in filters
    )


def _filter(wanted: Any) -> Filter:
    if isinstance(wanted, list):
        raise PatternError("a filter must not be an array")
    if not isinstance(wanted, Mapping):
        return _equals(wanted)
    if len(wanted) != 1:
        raise PatternError(f"a filter must have one operator, not {', '.join(map(str, wanted)) or 'none'}")
    ((operator, operand),) = wanted.items()
    match operator, operand:
        case "exists", bool():
            return lambda value: (value is not ABSENT and not isinstance(value, Mapping)) is operand
        case "anything-but", _:
            return _anything_but(operand)
        case "numeric", list():
            return _numeric(operand)
        case _:
            return _text_filter(operator, operand)


def _text_filter(operator: str, operand: Any) -> Filter:
    match operator, operand:
        case "prefix", str():
            return lambda value: isinstance(value, str) and value.startswith(operand)
        case "suffix", str():
            return lambda value: isinstance(value, str) and value.endswith(operand)
        case "equals-ignore-case", str():
            folded = operand.lower()
            return lambda value: isinstance(value, str) and value.lower() == folded
        case (("prefix" | "suffix"), {"equals-ignore-case": str(text)}):
            inner = _text_filter(operator, text.lower())
            return lambda value: isinstance(value, str) and inner(value.lower())
        case "wildcard", str():
            return _wildcard(operand)
    raise PatternError(f"filter {operator!r} with {operand!r} is not supported")


def _anything_but(operand: Any) -> Filter:
    """Return a filter that matches present values for which none of the inner filters matches."""
    if isinstance(operand, Mapping):
        ((operator, operands),) = operand.items()
        excluded = [_text_filter(operator, each) for each in _as_list(operands)]
    else:
        excluded = [_equals(each) for each in _as_list(operand)]
    return lambda value: value is not ABSENT and not any(matches(value) for matches in excluded)


def _numeric(operand: Sequence[Any]) -> Filter:
    pairs = list(zip(operand[::2], operand[1::2], strict=False))
    if not pairs or len(operand) % 2 or any(sign not in COMPARISONS for sign, _ in pairs):
        raise PatternError(f"'numeric' takes pairs of a comparison and a number, not {list(operand)!r}")
    if not all(_is_number(bound) for _, bound in pairs):
        raise PatternError(f"'numeric' takes pairs of a comparison and a number, not {list(operand)!r}")
    return lambda value: _is_number(value) and all(COMPARISONS[sign](value, bound) for sign, bound in pairs)


def _wildcard(pattern: str) -> Filter:
    expression = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _equals(wanted: Any) -> Filter:
    """Return a filter that compares JSON values: true is not 1, and "1" is not 1."""
    # bool is a subclass of int in Python, but not a number in JSON.
    if _is_number(wanted):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: type(value) is type(wanted) and value == wanted


def _elements(value: Any) -> Sequence[Any]:
    return (value or (ABSENT,)) if isinstance(value, list | tuple) else (value,)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise PatternError(f"{name!r} must be an array with at least one entry, not {value!r}")
    return value
