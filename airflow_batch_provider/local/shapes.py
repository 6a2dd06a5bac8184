"""Validates inputs against the service model, and serializes outputs by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from airflow_batch_provider.local.errors import ClientException

INTEGER_BITS: Final = {"integer": 32, "long": 64}
ANY_CASE: Final = frozenset({"RetryAction"})
"""Enumerations whose values are not case-sensitive."""

Serializer = Callable[[Any], Any]


def check_input(shape: Shape, value: Any, where: str) -> Any:
    """
    Validate ``value`` against ``shape`` and return it without its null members.

    :param where: the path of the value for messages, such as ``SubmitJob.containerOverrides``.
    :raises ClientException: for the first member that is unknown, missing or of the wrong type.
    """
    if isinstance(shape, StructureShape):
        return _check_structure(shape, value, where)
    if isinstance(shape, ListShape):
        items = _expect(list, value, where, "a list")
        _check_range(shape, len(items), where, "entries")
        return [check_input(shape.member, item, f"{where}[{index}]") for index, item in enumerate(items)]
    if isinstance(shape, MapShape):
        return _check_map(shape, value, where)
    if isinstance(shape, StringShape):
        return _check_string(shape, value, where)
    if shape.type_name in INTEGER_BITS:
        return _check_integer(shape, value, where)
    if shape.type_name == "boolean":
        return _expect(bool, value, where, "a boolean")
    return _check_number(value, where)


def serializer_for(shape: Shape) -> Serializer:
    """
    Return the function that serializes a response: it drops nulls and checks the members' names.

    :raises KeyError: raised by the function if the response has a member that is not in the model.
    """
    return _Serializers().build(shape) or (lambda value: value)


class _Serializers:
    """Builds each shape's serializer once, so that recursive shapes can refer to themselves."""

    def __init__(self) -> None:
        self._built: dict[str, Serializer | None] = {}

    def build(self, shape: Shape) -> Serializer | None:
        """Return the serializer of a shape, or ``None`` for values that are returned as they are."""
        if shape.name in self._built:
            return self._built[shape.name]
        if isinstance(shape, StructureShape):
            members: dict[str, Serializer | None] = {}
            self._built[shape.name] = serializer = _structure_serializer(members)
            members.update({name: self.build(member) for name, member in shape.members.items()})
            return serializer
        item = self.build(shape.member) if isinstance(shape, ListShape) else None
        self._built[shape.name] = None if item is None else _list_serializer(item)
        return self._built[shape.name]


def _structure_serializer(members: dict[str, Serializer | None]) -> Serializer:
    def serialize(value: dict[str, Any]) -> dict[str, Any]:
        shaped = {}
        for name, item in value.items():
            if item is None:
                continue
            nested = members[name]
            shaped[name] = item if nested is None else nested(item)
        return shaped

    return serialize


def _list_serializer(item: Serializer) -> Serializer:
    return lambda values: [item(value) for value in values]


def _check_structure(shape: StructureShape, value: Any, where: str) -> dict[str, Any]:
    given = {
        name: item for name, item in _expect(dict, value, where, "an object").items() if item is not None
    }
    unknown = sorted(set(given) - set(shape.members))
    if unknown:
        raise ClientException(f"Unknown member {unknown[0]!r} in {where}.")
    missing = [name for name in shape.required_members if name not in given]
    if missing:
        raise ClientException(f"Missing required member {missing[0]!r} in {where}.")
    return {name: check_input(shape.members[name], item, f"{where}.{name}") for name, item in given.items()}


def _check_map(shape: MapShape, value: Any, where: str) -> dict[str, Any]:
    given = _expect(dict, value, where, "an object")
    maximum = shape.metadata.get("max")
    if maximum is not None and len(given) > maximum:
        raise ClientException(f"{where} has {len(given)} entries; the maximum is {maximum}.")
    return {
        check_input(shape.key, key, f"a key of {where}"): check_input(shape.value, item, f"{where}.{key}")
        for key, item in given.items()
        if item is not None
    }


def _check_string(shape: StringShape, value: Any, where: str) -> str:
    text: str = _expect(str, value, where, "a string")
    if shape.enum and shape.name not in ANY_CASE and text not in shape.enum:
        raise ClientException(f"{where} is {text!r}; it must be one of {', '.join(shape.enum)}.")
    _check_range(shape, len(text), where, "characters")
    return text


def _check_integer(shape: Shape, value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ClientException(f"{where} must be an integer, not {_type_name(value)}.")
    bits = INTEGER_BITS[shape.type_name]
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ClientException(f"{where} is {value}, which does not fit into {bits} bits.")
    _check_range(shape, value, where, "")
    return value


def _check_number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ClientException(f"{where} must be a number, not {_type_name(value)}.")
    return value


def _check_range(shape: Shape, size: int, where: str, unit: str) -> None:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if (minimum is not None and size < minimum) or (maximum is not None and size > maximum):
        bounds = f"{minimum if minimum is not None else ''}…{maximum if maximum is not None else ''}"
        raise ClientException(f"{where} has {size} {unit}; allowed: {bounds}.".replace("  ", " "))


def _expect(kind: type, value: Any, where: str, described: str) -> Any:
    if not isinstance(value, kind):
        raise ClientException(f"{where} must be {described}, not {_type_name(value)}.")
    return value


def _type_name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
