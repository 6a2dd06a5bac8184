"""W501: secrets in plain text, in the environment variables of a composed request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.aws_requests import Refusal
from airflow_batch_provider.spec.rules.templates import is_secret

if TYPE_CHECKING:
    from airflow_batch_provider.aws_requests import RequestPath

_ENVIRONMENTS: Final = frozenset({"environment", "env"})
_TEXT: Final = (
    "which looks like a secret in plain text that anyone who can describe the job can read. "
    "Store it in Secrets Manager and put its ARN under 'secrets' of the job definition"
)


def secrets_in_request(request: Any) -> Iterator[tuple[Refusal, bool]]:
    """Yield the secrets in a request, each with whether its value alone shows that it is one."""
    for path, name, value in _variables(request, ()):
        if is_secret(name, value, has_own_name=True):
            by_value = is_secret("", value, has_own_name=False)
            yield Refusal("W501", path, f"sets '{name}', {_TEXT}"), by_value


def _variables(value: Any, path: RequestPath) -> Iterator[tuple[RequestPath, str, str]]:
    """Yield the environment variables of all containers: the path of the value, the name and the value."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _ENVIRONMENTS and isinstance(item, list):
                yield from _entries(item, (*path, key))
            elif isinstance(item, dict | list):
                yield from _variables(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _variables(item, (*path, index))


def _entries(environment: list[Any], path: RequestPath) -> Iterator[tuple[RequestPath, str, str]]:
    for index, entry in enumerate(environment):
        name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, dict) else (None, None)
        if isinstance(name, str) and isinstance(value, str):
            yield (*path, index, "value"), name, value
