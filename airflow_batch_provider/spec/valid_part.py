"""Remove the invalid values of a spec, so that everything else can be checked."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError

from airflow_batch_provider.spec.diagnostics import Finding
from airflow_batch_provider.spec.document import DataPath
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.schema_errors import SchemaError, schema_errors, schema_findings
from airflow_batch_provider.spec.source import Source
from airflow_batch_provider.spec.unknowns import Unknowns

_ROUNDS_MAX: Final = 10
_PLACEHOLDERS: Final[dict[str, Any]] = {"workflow": "unnamed", "jobs": {"unnamed": {}}}
"""Values of the required keys of a spec. ``Unknowns`` prevents findings about them."""


def validate_valid_part(source: Source, unknowns: Unknowns) -> tuple[Workflow | None, Source, list[Finding]]:
    """
    Return the workflow without its invalid values, its source, and the findings about those values.

    Removing an invalid value can make another one invalid, or let pydantic check what it had skipped,
    so the removal is repeated. The invalid values are added to ``unknowns``.
    """
    findings: list[Finding] = []
    for _ in range(_ROUNDS_MAX):
        try:
            return Workflow.model_validate(source.data), source, findings
        except ValidationError as error:
            errors = schema_errors(error, source)
            findings += schema_findings(errors, source, unknowns)
            unknowns.values |= {each.written for each in errors}
            source = _without(source, errors)
    return None, source, findings


def _without(source: Source, errors: Iterable[SchemaError]) -> Source:
    removal = _Removal(source)
    paths = {each.path[:-1] if each.kind == "missing" else each.path for each in errors}
    for path in paths:
        removal.remove(path)
    if removal.data == source.data and not removal.items:
        # A validator rejects a section for a reason that no single value in it shows.
        for path in paths:
            removal.remove(path[:1])
    return removal.result()


class _Removal:
    """
    Removes values from a copy of a spec's data.

    Other values may depend on the presence of a job, a Python task or a required section, so these
    are replaced instead.
    """

    def __init__(self, source: Source) -> None:
        self.data: dict[str, Any] = deepcopy(source.data)
        self.items: dict[DataPath, set[int]] = {}
        self._source = source

    def remove(self, path: DataPath) -> None:
        """Remove a value. List items are removed later, because that moves the items below them."""
        if len(path) < 2:
            self._remove_section(path)
            return
        parent = _at(self.data, path[:-1])
        name = path[-1]
        if isinstance(parent, list) and isinstance(name, int):
            self.items.setdefault(path[:-1], set()).add(name)
        elif isinstance(parent, dict) and name in parent:
            self._remove_key(parent, path)
        elif path[0] == "jobs" and len(path) > 2:
            self.remove(("defaults", *path[2:]))

    def result(self) -> Source:
        """Return the source with the remaining data."""
        origins = dict(self._source.origins)
        for path, removed in self.items.items():
            items = _at(self.data, path)
            if not isinstance(items, list):
                continue  # it was removed as a whole
            kept = [index for index in range(len(items)) if index not in removed]
            items[:] = [items[index] for index in kept]
            for index, old in enumerate(kept):
                # Findings still point at the item that the author wrote.
                origins[*path, index] = self._source.written_path((*path, old))
        return Source(self._source.documents, self.data, origins)

    def _remove_section(self, path: DataPath) -> None:
        for name in path:
            self.data.pop(str(name), None)
        for name, placeholder in _PLACEHOLDERS.items():
            self.data.setdefault(name, deepcopy(placeholder))

    def _remove_key(self, parent: dict[str, Any], path: DataPath) -> None:
        section, name = path[0], str(path[-1])
        is_inherited = section == "jobs" and _at(self.data, ("defaults", *path[2:])) is not None
        if len(path) == 2 and section == "jobs":
            parent[name] = {}
        elif len(path) == 2 and section == "tasks":
            parent[name] = {"python": "left.out"}
        elif len(path) == 3 and is_inherited:
            parent[name] = None  # the job replaces the default
        else:
            del parent[name]


def _at(data: Any, path: DataPath) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data
