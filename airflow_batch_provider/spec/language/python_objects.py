"""Python objects in specs: callbacks, also by import path, and objects that only specs in Python can have."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, WithJsonSchema

_PLAIN: Final = (str, bytes, bool, int, float, dict, set)
"""The types of values that YAML and JSON can contain, apart from lists."""
_IMPORT_PATH: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_PATH_SCHEMA: Final = {"type": "string", "pattern": f"^{_IMPORT_PATH.pattern}$"}


def _callback(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    for item in items if value is not None else ():
        if not (_IMPORT_PATH.fullmatch(item) if isinstance(item, str) else callable(item)):
            raise ValueError(
                f"{item!r} is not the import path of a function, such as 'package.module.function'; "
                "to send a notification, write 'alerts'"
            )
    return value


def _function(value: Any) -> Any:
    if value is not None and not callable(value):
        raise ValueError(f"{value!r} is not a Python function, which only a spec in Python can contain")
    return value


def python_object(what: str, remedy: str = "remove it") -> AfterValidator:
    """
    Return a validator that accepts only what YAML cannot contain, or a list of it.

    :param what: the objects that Airflow takes, with their article.
    """

    def check(value: Any) -> Any:
        items = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(item, _PLAIN) for item in items):
            raise ValueError(f"{value!r} is not {what}, which only a spec in Python can contain; {remedy}")
        return value

    return AfterValidator(check)


Callback = Annotated[
    Any,
    AfterValidator(_callback),
    WithJsonSchema({"anyOf": [_PATH_SCHEMA, {"type": "array", "items": _PATH_SCHEMA}, {"type": "null"}]}),
]
"""The import path of a callable, or in Python a callable such as one of Airflow's notifiers; or a list."""

Function = Annotated[Any, AfterValidator(_function)]
"""A Python function."""
