"""What AWS Batch refuses in a request."""

from __future__ import annotations

from dataclasses import dataclass

RequestPath = tuple[str | int, ...]
"""The path of a value in a request: ``("containerProperties", "resourceRequirements", 1, "value")``."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    A reason for which AWS Batch refuses a request.

    :param rule: the id of the rule in ``docs/rules.md``.
    :param path: the value that is refused; if something is missing, the value that lacks it.
    :param text: what is wrong, without the name of the job or job definition, which comes first in a
        message: ``has 2 MiB of memory; AWS Batch requires at least 4 MiB``.
    :param part: what is meant if it is only a part: ``container 'main'``.
    :param at_key: whether the key at ``path`` is wrong, not its value.
    """

    rule: str
    path: RequestPath
    text: str
    part: str | None = None
    at_key: bool = False
