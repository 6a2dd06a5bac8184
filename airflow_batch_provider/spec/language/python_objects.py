"""Values that only specs in Python can have: callbacks and other objects of Airflow."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator

_PLAIN: Final = (str, bytes, bool, int, float, dict, set)
"""The types of values that YAML and JSON can contain, apart from lists."""


def _callback(value: Any) -> Any:
    if value is not None and not all(map(callable, value if isinstance(value, list | tuple) else [value])):
        raise ValueError(
            f"{value!r} is not a Python function or notifier, which only a spec in Python can contain; "
            "in YAML, write 'alerts' to be notified"
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


Callback = Annotated[Any, AfterValidator(_callback)]
"""A callable or a list of callables, such as functions and Airflow's notifiers."""

Function = Annotated[Any, AfterValidator(_function)]
"""A Python function."""
