"""Requests that are valid, nearly valid or garbage, drawn from AWS's service model."""

from __future__ import annotations

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

from airflow_batch_provider.local.service_model import load_service_model

MAX_DEPTH = 5
NAMES = ["q", "d", "ce", "d:1", "job", "Ref::x", "1", "2", "0", "*", ""]
GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def requests_for(operations: list[str]) -> st.SearchStrategy[tuple[str, Any]]:
    """Draw an operation and its input."""
    return st.one_of([st.tuples(st.just(name), _input(name)) for name in operations])


def _input(operation: str) -> st.SearchStrategy[Any]:
    shape = load_service_model().input_shape(operation)
    return GARBAGE if shape is None else st.one_of(_valid(shape, 0), _valid(shape, 0), GARBAGE)


def _valid(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    """Draw what has the form of a shape, with a grain of garbage."""
    return st.integers(0, 15).flatmap(lambda number: GARBAGE if number == 15 else _form(shape, depth))


def _form(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    if isinstance(shape, StructureShape):
        return _structure(shape, depth)
    if isinstance(shape, ListShape):
        most = 0 if depth > MAX_DEPTH else 3
        return st.lists(st.deferred(lambda: _valid(shape.member, depth + 1)), max_size=most)
    if isinstance(shape, MapShape):
        return st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=2)
    if isinstance(shape, StringShape):
        return st.sampled_from(list(shape.enum) or NAMES) | st.text(max_size=8)
    if shape.type_name == "boolean":
        return st.booleans()
    return st.integers(-2, 20) | st.integers()


def _structure(shape: StructureShape, depth: int) -> st.SearchStrategy[Any]:
    if depth > MAX_DEPTH:
        return st.just({})
    members = {
        name: st.deferred(lambda member=member: _valid(member, depth + 1))  # type: ignore[misc]
        for name, member in shape.members.items()
    }
    required = {name: members.pop(name) for name in shape.required_members}
    if not members:
        return st.fixed_dictionaries(required)
    return st.lists(st.sampled_from(sorted(members)), max_size=4).flatmap(
        lambda chosen: st.fixed_dictionaries({**required, **{name: members[name] for name in chosen}})
    )
