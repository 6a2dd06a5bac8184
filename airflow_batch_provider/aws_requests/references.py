"""E427: ``Ref::name`` in a command, which AWS Batch replaces by a parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from airflow_batch_provider.aws_requests.refusal import Refusal, RequestPath
from airflow_batch_provider.aws_requests.values import is_template, items, mapping

_REFERENCE: Final = re.compile(r"Ref::([A-Za-z0-9_.-]+)")


def refusals_of_references(
    overrides: Mapping[str, Any],
    path: RequestPath,
    defined: Mapping[str, Any],
    request: Mapping[str, Any],
    definition: Mapping[str, Any],
) -> Iterator[Refusal]:
    """
    Yield the references in the command of a container that no parameter replaces.

    :param overrides: the overrides of the container, at ``path`` in the request.
    :param defined: the container in the job definition.
    """
    of_job, of_definition = request.get("parameters"), definition.get("parameters")
    if is_template(of_job) or is_template(of_definition) or is_template(overrides.get("command")):
        return
    parameters = {*mapping(of_job), *mapping(of_definition)}
    own = items(overrides.get("command"))
    elsewhere: RequestPath = ("parameters",) if mapping(of_job) else ()
    for index, word in enumerate(own or items(defined.get("command"))):
        if not isinstance(word, str) or is_template(word):
            continue
        for name in _REFERENCE.findall(word):
            if name not in parameters:
                place = (*path, "command", index) if own else elsewhere
                text = (
                    f"has no parameter '{name}', which its command refers to with 'Ref::{name}'; "
                    "add it to 'parameters' of the job or of the job definition"
                )
                yield Refusal("E427", place, text)
