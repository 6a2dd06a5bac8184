"""The provider's front: a spec that holds a request in AWS's form."""

from __future__ import annotations

import json
from typing import Any, Final

from airflow_batch_provider.names import snake_case
from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow
from tests.aws_requests import bases
from tests.aws_requests.case import Registration, Submission

_GENERATED: Final = ("jobName", "dependsOn", "jobDefinition", "jobDefinitionName", "type")
"""What the provider generates, so that a spec cannot hold it."""


def spec_of(sent: Registration | Submission) -> dict[str, Any] | None:
    """Return the spec of a request; ``None`` if the request is about a part that the provider generates."""
    definition = sent.definition if isinstance(sent, Submission) else sent
    request = sent.request if isinstance(sent, Submission) else bases.submit(definition).request
    kind = "multinode" if "nodeProperties" in definition else "container"
    generated = (request.get("jobName"), request.get("jobDefinition"), request.get("dependsOn"))
    named = (definition.get("jobDefinitionName"), definition.get("type"))
    if generated != ("job", bases.DEFINITION, None) or named != (bases.DEFINITION, kind):
        return None
    return {"workflow": "w", "jobs": {"a": {**_members(request), "job_definition": _members(definition)}}}


def finding(spec: dict[str, Any]) -> str | None:
    """Return the first finding of the loader, or ``None`` if the spec is valid."""
    try:
        parse_workflow(json.dumps(spec))
    except InvalidSpecError as error:
        return str(error.findings[0])
    return None


def _members(request: Registration) -> dict[str, Any]:
    return {
        snake_case(name): _seconds(value) if name == "timeout" else value
        for name, value in request.items()
        if name not in _GENERATED
    }


def _seconds(timeout: Any) -> Any:
    return timeout["attemptDurationSeconds"]
