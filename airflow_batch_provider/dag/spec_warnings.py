"""Report the warnings of a spec when its DAG is parsed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.sdk import get_parsing_context

if TYPE_CHECKING:
    from airflow_batch_provider.spec.diagnostics import Finding


class SpecWarning(UserWarning):
    """A finding that is not an error: the DAG is created."""


def emit_warnings(findings: Iterable[Finding]) -> None:
    """
    Emit each finding as a Python warning at its line in the spec file.

    Airflow's DAG processor writes the warnings to its log of the DAG file; tests find them in
    ``DagBag.captured_warnings``. Workers parse the file only to run one task and emit no warnings.
    """
    if get_parsing_context().task_id is not None:
        return
    for found in findings:
        line = found.position.line if found.position else 1  # Python's warnings always have a line
        warnings.warn_explicit(f"{found.rule} {found.text}", SpecWarning, found.file, line)
