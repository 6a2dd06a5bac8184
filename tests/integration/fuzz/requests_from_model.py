"""Requests that are valid, nearly valid or garbage, drawn from AWS's service model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

from airflow_batch_provider.local.service_model import load_service_model

MAX_DEPTH = 5
NAMES = ["q", "d", "ce", "cr", "d:1", "job", "Ref::x", "1", "2", "0", "*", ""]
GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
NOT_LOCAL = {
    *("nodeOverrides", "eksPropertiesOverride", "ecsPropertiesOverride", "nodeProperties", "eksProperties"),
    *("serviceEnvironmentOrder", "multiNodeJobId", "quotaSharePolicy", "eksConfiguration"),
}
"""Members that are always rejected, so valid requests do not have them."""

NEEDED = {
    "CreateComputeEnvironment": ["computeResources"],
    "CreateJobQueue": ["computeEnvironmentOrder"],
    "ListJobs": ["jobQueue"],
    "RegisterJobDefinition": ["containerProperties"],
    "UpdateConsumableResource": ["operation", "quantity"],
}
"""Members that are required, although the model does not say so."""

Strategy = st.SearchStrategy[Any]


def requests_for(operations: list[str], known: Mapping[str, Strategy]) -> st.SearchStrategy[tuple[str, Any]]:
    """
    Draw an operation and its input.

    :param known: values of members that mean something to the server, by the members' names.
    """
    return st.one_of([st.tuples(st.just(name), _input(name, known)) for name in operations])


def _input(operation: str, known: Mapping[str, Strategy]) -> Strategy:
    shape = load_service_model().input_shape(operation)
    if shape is None:
        return GARBAGE
    valid, nearly = _Drawer(known, is_valid=True), _Drawer(known, is_valid=False)
    needed = NEEDED.get(operation, [])
    members = st.fixed_dictionaries({name: valid.draw(shape.members[name], 1, name) for name in needed})
    request = st.builds(lambda most, rest: {**most, **rest}, valid.draw(shape, 0), members)
    return st.integers(0, 15).flatmap(
        lambda number: GARBAGE if number == 15 else nearly.draw(shape, 0) if number > 10 else request
    )


class _Drawer:
    """
    Draws what has the form of a shape.

    :param is_valid: whether it has that form throughout, with names that exist; else there is a grain
        of garbage in it.
    """

    def __init__(self, known: Mapping[str, Strategy], *, is_valid: bool) -> None:
        self._known = known
        self._is_valid = is_valid

    def draw(self, shape: Shape, depth: int, name: str = "") -> Strategy:
        if self._is_valid:
            is_known = name in self._known and not getattr(shape, "enum", None)
            return self._known[name] if is_known else self._form(shape, depth)
        form = self._form(shape, depth)
        return st.integers(0, 15).flatmap(lambda number: GARBAGE if number == 15 else form)

    def _form(self, shape: Shape, depth: int) -> Strategy:
        if isinstance(shape, StructureShape):
            return self._structure(shape, depth)
        if isinstance(shape, ListShape):
            most = 0 if depth > MAX_DEPTH else 3
            return st.lists(st.deferred(lambda: self.draw(shape.member, depth + 1)), max_size=most)
        if isinstance(shape, MapShape):
            return st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=2)
        if isinstance(shape, StringShape):
            return self._string(shape)
        if shape.type_name == "boolean":
            return st.booleans()
        return st.integers(1, 20) if self._is_valid else st.integers(-2, 20) | st.integers()

    def _string(self, shape: StringShape) -> Strategy:
        names = st.sampled_from(list(shape.enum) or NAMES)
        return names if self._is_valid else names | st.text(max_size=8)

    def _structure(self, shape: StructureShape, depth: int) -> Strategy:
        if depth > MAX_DEPTH:
            return st.just({})
        members = {
            name: st.deferred(lambda name=name, member=member: self.draw(member, depth + 1, name))  # type: ignore[misc]
            for name, member in shape.members.items()
            if not (self._is_valid and name in NOT_LOCAL)
        }
        required = {name: members.pop(name) for name in shape.required_members if name in members}
        if not members:
            return st.fixed_dictionaries(required)
        return st.lists(st.sampled_from(sorted(members)), max_size=3 if self._is_valid else 4).flatmap(
            lambda chosen: st.fixed_dictionaries({**required, **{name: members[name] for name in chosen}})
        )
